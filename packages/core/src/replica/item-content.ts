/** What an item holds, as bindings of Yjs ask for it. Types, text and formatting have classes of their own: no binding tells other content apart by its class. */
import type { SharedType } from './shared-type.ts'

export class ItemContent {
  readonly #kind: number
  readonly #values: readonly unknown[]
  readonly #length: number

  constructor(kind: number, values: readonly unknown[], length: number) {
    this.#kind = kind
    this.#values = values
    this.#length = length
  }

  /** A value per unit; none for formatting and what is deleted. */
  getContent(): unknown[] {
    return [...this.#values]
  }

  /** In units. */
  getLength(): number {
    return this.#length
  }

  /** The kind, as on the wire. */
  getRef(): number {
    return this.#kind
  }
}

/** Content of an item that holds a shared type. */
export class ContentType extends ItemContent {
  readonly type: SharedType

  constructor(kind: number, type: SharedType) {
    super(kind, [type], 1)
    this.type = type
  }
}

/** Content of an item that holds characters. */
export class ContentString extends ItemContent {
  readonly str: string

  constructor(kind: number, str: string) {
    super(kind, str.split(''), str.length)
    this.str = str
  }
}

/** Content of an item from which on an attribute has another value; null ends it. */
export class ContentFormat extends ItemContent {
  readonly key: string
  readonly value: unknown

  constructor(kind: number, key: string, value: unknown) {
    super(kind, [], 1)
    this.key = key
    this.value = value
  }
}
