/** The layers that the decoder follows. A layer names the next one and never calls it: no recursion, so no frame can nest too deep. */
export const layer = {
  end: 0,
  ethernet: 1,
  llc: 2,
  pppoe: 3,
  ppp: 4,
  mpls: 5,
  ipAny: 6,
  ipv4: 7,
  ipv6: 8,
  arp: 9,
  tcp: 10,
  udp: 11,
  icmp: 12,
  icmpv6: 13,
  gre: 14,
  ieee80211: 15,
} as const
