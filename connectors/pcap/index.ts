import { defineSource } from '../../runtime/api/index.ts'
import { config } from './config.ts'
import { shareOut } from './files.ts'

export default defineSource({
  name: 'PcapSource',
  doc: 'Reads capture files, pcap and pcapng, and tells each packet as a record with tshark’s field names: Ethernet, VLAN, IP, TCP, UDP, ICMP, DNS, radiotap and 802.11. Needs no tshark. A restart goes on at the next packet.',
  config,
  async check(config) {
    const { checkFiles } = await import('./check.ts')
    return checkFiles(config)
  },
  tasks: (config, max) =>
    shareOut(config['pcap.path'], max).map((paths) => ({ 'pcap.path': paths.join(',') })),
  async open(config, context) {
    const { packets } = await import('./task.ts')
    return packets(config, context)
  },
  async alterOffsets(_config, offsets) {
    const { checkOffset } = await import('./offset.ts')
    for (const { partition, offset } of offsets) checkOffset(partition, offset)
    return true
  },
})
