/** Link types of capture files that are decoded. Packets of any other give their frame fields only. */
export const linkType = {
  null: 0,
  ethernet: 1,
  ppp: 9,
  raw12: 12,
  raw14: 14,
  pppHdlc: 50,
  pppEthernet: 51,
  raw: 101,
  ieee80211: 105,
  loop: 108,
  sll: 113,
  radiotap: 127,
  ppi: 192,
  ipv4: 228,
  ipv6: 229,
  sll2: 276,
} as const

/** Wireshark's own number for a link type (frame.encap_type). */
export const encapTypes: ReadonlyMap<number, number> = new Map([
  [linkType.null, 15],
  [linkType.ethernet, 1],
  [linkType.ppp, 4],
  [linkType.raw12, 7],
  [linkType.raw14, 7],
  [linkType.pppHdlc, 4],
  [linkType.pppEthernet, 188],
  [linkType.raw, 7],
  [linkType.ieee80211, 20],
  [linkType.loop, 15],
  [linkType.sll, 25],
  [linkType.radiotap, 23],
  [linkType.ppi, 97],
  [linkType.ipv4, 129],
  [linkType.ipv6, 130],
  [linkType.sll2, 210],
])
