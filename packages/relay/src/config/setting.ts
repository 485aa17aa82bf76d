/**
 * How one setting of the relay is described, and how its value is read from text or JSON. A setting has one name, from
 * which its flag and its environment variable follow: `logLevel`, `--log-level`, `SYNCLINE_LOG_LEVEL`.
 */

export interface Setting<Value> {
  /** `switch`: the flag takes no value, and `--no-…` turns it off. */
  readonly kind: 'value' | 'switch'
  /** What stands for the value in the usage: `DIR`. Empty for a switch. */
  readonly takes: string
  readonly help: string
  readonly fallback: Value
  /** Not to be shown or logged, and not taken as a flag, which every user of the machine could read. */
  readonly secret?: boolean
  /** The value that `given` (text, or a value of JSON) says, or `undefined` if it says none. */
  readonly parse: (given: unknown) => Value | undefined
  /** What `parse` takes, after "is not": `a port (0 … 65535)`. */
  readonly expected: string
}

type Described<Value> = Pick<Setting<Value>, 'takes' | 'help' | 'fallback'>

/** A text that is not empty. */
export function text<Fallback extends string | undefined>(
  described: Described<Fallback> & { readonly secret?: boolean },
): Setting<string | Fallback> {
  const parse = (given: unknown): string | undefined =>
    typeof given === 'string' && given.length > 0 ? given : undefined
  return { kind: 'value', expected: 'a text', parse, ...described }
}

/** An integer in `min` … `max`. */
export function integer({
  min,
  max,
  ...described
}: Described<number> & { readonly min: number; readonly max: number }): Setting<number> {
  const parse = (given: unknown): number | undefined => {
    const value = typeof given === 'string' && /^\d{1,16}$/.test(given) ? Number(given) : given
    return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
      ? (value as number)
      : undefined
  }
  return { kind: 'value', expected: `an integer (${min} … ${max})`, parse, ...described }
}

/** Texts that `isItem` takes, with commas between them; an array in JSON. */
export function list(
  isItem: (text: string) => boolean,
  expected: string,
  described: Described<readonly string[] | undefined>,
): Setting<readonly string[] | undefined> {
  const parse = (given: unknown): readonly string[] | undefined => {
    const items: unknown = typeof given === 'string' ? given.split(',').map((item) => item.trim()) : given
    if (!Array.isArray(items)) return undefined
    return items.every((item): item is string => typeof item === 'string' && isItem(item)) ? items : undefined
  }
  return { kind: 'value', expected, parse, ...described }
}

export function oneOf<Name extends string>(names: readonly Name[], described: Described<Name>): Setting<Name> {
  const parse = (given: unknown): Name | undefined => names.find((name) => name === given)
  return { kind: 'value', expected: `one of ${names.join(', ')}`, parse, ...described }
}

const switchTexts: Readonly<Record<string, boolean>> = { true: true, false: false, '1': true, '0': false }

/** On or off. */
export function onOff(described: Omit<Described<boolean>, 'takes'>): Setting<boolean> {
  const parse = (given: unknown): boolean | undefined => {
    if (typeof given === 'boolean') return given
    return typeof given === 'string' && Object.hasOwn(switchTexts, given) ? switchTexts[given] : undefined
  }
  return { kind: 'switch', takes: '', expected: 'true or false', parse, ...described }
}

/** `logLevel` → `log-level`. */
export function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** `logLevel` → `LOG_LEVEL`. */
export function variableOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
}
