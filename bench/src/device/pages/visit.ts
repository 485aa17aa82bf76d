/** A page that is loaded anew for each visit: the first brings a document to the device, the others read what is there, as soon as their script runs. */

/** What a page does with a library. */
export interface Keeper {
  /** Keeps the document on this device; settles when it is there. */
  bring(document: Uint8Array): Promise<void>
  /** The text, from nothing but this device. */
  read(): Promise<string>
}

export interface Visit {
  /** When the script began to run, in milliseconds from the beginning of the visit. */
  readonly startedMs: number
  /** When the text was there. */
  readonly readableMs: number
  readonly text: string
}

/** What the pages are served beside their scripts: the document, its text, and where the relay is. */
export const DOCUMENT_PATH = '/document'
export const TEXT_PATH = '/text'
export const RELAY_PATH = '/relay'
/** A page whose address ends like that brings the document. */
export const BRING = '#bring'

/** The page's half of the browser's window. */
interface Window {
  readonly location: { readonly hash: string }
  /** For the bench to wait for. */
  visit?: Promise<Visit>
}

export function visit(keeper: Keeper): void {
  const startedMs = performance.now()
  const window = globalThis as unknown as Window
  window.visit = window.location.hash === BRING ? bring(keeper) : read(keeper, startedMs)
}

async function read(keeper: Keeper, startedMs: number): Promise<Visit> {
  const text = await keeper.read()
  return { startedMs, readableMs: performance.now(), text }
}

async function bring(keeper: Keeper): Promise<Visit> {
  const response = await fetch(DOCUMENT_PATH)
  await keeper.bring(new Uint8Array(await response.arrayBuffer()))
  return { startedMs: 0, readableMs: 0, text: '' }
}
