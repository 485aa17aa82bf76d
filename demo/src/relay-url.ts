/** Where the relay is: it serves this page, so the same host, unless `?relay=` in the address names another. */

/** The parts of `Location` that matter. */
export interface Address {
  readonly protocol: string
  readonly host: string
  readonly search: string
}

export function relayUrl({ protocol, host, search }: Address): string {
  const named = new URLSearchParams(search).get('relay')
  if (named !== null && /^wss?:\/\//i.test(named)) return named
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/sync`
}
