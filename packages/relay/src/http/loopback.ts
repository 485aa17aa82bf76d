/** Which hosts and addresses only this machine can reach. */
import { isIPv4 } from 'node:net'

/**
 * Whether `host` is the loopback interface: `localhost`, an IPv4 address of 127/8 (also mapped into IPv6), or `::1`.
 */
export function isLoopback(host: string): boolean {
  const address = host.toLowerCase().replace(/^::ffff:/, '')
  return address === 'localhost' || address === '::1' || (isIPv4(address) && address.startsWith('127.'))
}
