/**
 * Where every number, tag and part of an update in format v1 stands: what a forger would change. A walk of its own, so that it
 * knows nothing that the decoder knows; for updates that decode, it assumes nothing and checks nothing.
 */
import { ByteReader } from './byte-reader.ts'

/** Numbers of one role may stand for each other; so may parts. */
export type NumberRole = 'count' | 'client' | 'clock' | 'info' | 'kind' | 'units' | 'bytes' | 'tag'
export type PartRole = 'block' | 'struct' | 'id' | 'content' | 'element' | 'text' | 'json' | 'deleter' | 'range'

/** A varUint, or a byte that is a tag. */
export interface NumberField {
  readonly role: NumberRole
  readonly from: number
  readonly to: number
  readonly value: number
}

/** A stretch of bytes with a meaning, and the count of such stretches, if there is one. */
export interface PartField {
  readonly role: PartRole
  readonly from: number
  readonly to: number
  readonly count: NumberField | null
}

export interface UpdateFields {
  readonly numbers: readonly NumberField[]
  readonly parts: readonly PartField[]
  /** Where the delete set begins. */
  readonly deletesAt: number
}

/** The fields of an update that decodes, in the order in which they end. */
export function fieldsOf(update: Uint8Array): UpdateFields {
  const walk = new FieldWalk(update)
  const blocks = walk.number('count')
  for (let block = blocks.value; block > 0; block--) walk.part('block', blocks, () => walk.block())
  const deletesAt = walk.offset
  const deleters = walk.number('count')
  for (let deleter = deleters.value; deleter > 0; deleter--) walk.part('deleter', deleters, () => walk.deleter())
  return { numbers: walk.numbers, parts: walk.parts, deletesAt }
}

class FieldWalk {
  readonly numbers: NumberField[] = []
  readonly parts: PartField[] = []
  readonly #reader: ByteReader

  constructor(bytes: Uint8Array) {
    this.#reader = new ByteReader(bytes)
  }

  get offset(): number {
    return this.#reader.offset
  }

  number(role: NumberRole): NumberField {
    const from = this.offset
    const value = this.#reader.varUint()
    return this.#add({ role, from, to: this.offset, value })
  }

  part(role: PartRole, count: NumberField | null, walk: () => void): void {
    const from = this.offset
    walk()
    this.parts.push({ role, from, to: this.offset, count })
  }

  block(): void {
    const structs = this.number('count')
    this.number('client')
    this.number('clock')
    for (let struct = structs.value; struct > 0; struct--) this.part('struct', structs, () => this.#struct())
  }

  deleter(): void {
    this.number('client')
    const ranges = this.number('count')
    const range = (): void => {
      this.number('clock')
      this.number('units')
    }
    for (let left = ranges.value; left > 0; left--) this.part('range', ranges, range)
  }

  #struct(): void {
    const info = this.#byte('info').value
    const kind = info & 0x1f
    if (kind === 0 || kind === 10) {
      this.number('units')
      return
    }
    if ((info & 0x80) !== 0) this.#id()
    if ((info & 0x40) !== 0) this.#id()
    if ((info & 0xc0) === 0) {
      if (this.number('kind').value === 1) this.#text('text')
      else this.#id()
      if ((info & 0x20) !== 0) this.#text('text')
    }
    this.part('content', null, () => this.#content(kind))
  }

  #id(): void {
    this.part('id', null, () => {
      this.number('client')
      this.number('clock')
    })
  }

  #content(kind: number): void {
    if (kind === 1) this.number('units')
    else if (kind === 2) this.#elements(() => this.#text('json'))
    else if (kind === 3) this.#text('text')
    else if (kind === 4) this.#text('text')
    else if (kind === 5) this.#text('json')
    else if (kind === 6) {
      this.#text('text')
      this.#text('json')
    } else if (kind === 7) {
      const reference = this.number('kind').value
      if (reference === 3 || reference === 5) this.#text('text')
    } else if (kind === 8) this.#elements(() => this.#any())
    else {
      this.#text('text')
      this.part('element', null, () => this.#any())
    }
  }

  #elements(walk: () => void): void {
    const elements = this.number('count')
    for (let left = elements.value; left > 0; left--) this.part('element', elements, walk)
  }

  #any(): void {
    const tag = this.#byte('tag').value
    if (tag === 125) while (this.#reader.uint8() >= 0x80);
    else if (tag === 124) this.#reader.skip(4)
    else if (tag === 123 || tag === 122) this.#reader.skip(8)
    else if (tag === 119 || tag === 116) this.#text('text')
    else if (tag === 117) this.#elements(() => this.#any())
    else if (tag === 118) {
      this.#elements(() => {
        this.#text('text')
        this.#any()
      })
    }
  }

  #text(role: 'text' | 'json'): void {
    this.part(role, null, () => this.#reader.skip(this.number('bytes').value))
  }

  #byte(role: NumberRole): NumberField {
    const from = this.offset
    const value = this.#reader.uint8()
    return this.#add({ role, from, to: this.offset, value })
  }

  #add(field: NumberField): NumberField {
    this.numbers.push(field)
    return field
  }
}
