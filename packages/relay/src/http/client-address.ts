/**
 * Where a client is, when a proxy may stand in between: the address of the socket, unless that belongs to a proxy that the
 * operator trusts. Then its `X-Forwarded-For` is believed, from the right, which the nearest proxy wrote:
 *
 * ```
 * X-Forwarded-For: 6.6.6.6, 203.0.113.7, 10.0.0.2        socket: 127.0.0.1
 *                  whatever the     ▲        └─ trusted            └─ trusted
 *                  client claims    └─ the first that is not trusted: the client
 * ```
 *
 * Nothing that a client sends makes this fail. Where an address is looked for and there is none, the client is where the proxy is
 * that wrote so: the nearest to it whose address is known.
 */
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { RelayError } from '../errors.ts'

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Subnet = readonly [Address, number]

/** A network of IPv6 addresses: what a provider gives to one customer, at the least. */
const IPV6_NETWORK_BYTES = 8

export class TrustedProxies {
  readonly #subnets: readonly Subnet[]

  /** IP addresses and subnets (`10.0.0.0/8`). Throws `RelayError` `invalid-option` for what is neither. */
  constructor(proxies: readonly string[]) {
    this.#subnets = proxies.map((proxy) => {
      const subnet = subnetOf(proxy)
      if (subnet !== undefined) return subnet
      throw new RelayError('invalid-option', `${JSON.stringify(proxy)} is neither an IP address nor a subnet`)
    })
  }

  /** The IP address of the client. `forwardedFor`: the header, if there is one. */
  clientAddress(socketAddress: string, forwardedFor: string | readonly string[] | undefined): string {
    if (forwardedFor === undefined || !this.#trusts(socketAddress)) return socketAddress
    const entries = (typeof forwardedFor === 'string' ? forwardedFor : forwardedFor.join(',')).split(',')
    let nearest = socketAddress
    for (const entry of entries.toReversed()) {
      const address = withoutPort(entry.trim())
      if (parsed(address) === undefined) return nearest
      nearest = address
      if (!this.#trusts(address)) break
    }
    return nearest
  }

  #trusts(text: string): boolean {
    const address = parsed(text)
    if (address === undefined) return false
    return this.#subnets.some(([network, bits]) => {
      return network.kind() === address.kind() && address.match(network, bits)
    })
  }
}

/** Whether {@link TrustedProxies} takes it. */
export function isProxy(text: string): boolean {
  return subnetOf(text) !== undefined
}

/**
 * What shares the connections of an address: itself; for IPv6, its network of 64 bits, of which one client may have every
 * address. An IPv4 address in IPv6 is that IPv4 address. What is no IP address shares with nobody else.
 */
export function addressGroup(text: string): string {
  const address = parsed(text)
  if (address === undefined) return text
  if (address.kind() === 'ipv4') return address.toString()
  const network = address.toByteArray().fill(0, IPV6_NETWORK_BYTES)
  return `${ipaddr.fromByteArray(network).toString()}/${IPV6_NETWORK_BYTES * 8}`
}

/** The library also takes addresses in notations that nothing writes but attackers, so Node looks first, which takes more zones. */
function parsed(text: string): Address | undefined {
  return isIP(text) === 0 || !ipaddr.isValid(text) ? undefined : ipaddr.process(text)
}

function subnetOf(text: string): Subnet | undefined {
  const [address = '', bits, ...rest] = text.split('/')
  const network = parsed(address)
  if (network === undefined || rest.length > 0) return undefined
  const bitsMax = network.kind() === 'ipv4' ? 32 : 128
  if (bits === undefined) return [network, bitsMax]
  return /^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax ? [network, Number(bits)] : undefined
}

/** Some proxies write ports: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(entry: string): string {
  const [, inBrackets, before] = /^(?:\[([^\]]*)\]|([\d.]*))(?::\d{1,5})?$/.exec(entry) ?? []
  return inBrackets ?? before ?? entry
}
