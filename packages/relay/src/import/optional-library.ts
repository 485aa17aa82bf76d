/**
 * Libraries that only some imports need, and that a relay is therefore installed without. They are optional peers of
 * this package: whoever needs one installs it beside the relay.
 */
import { ImportError } from '../errors.ts'

/** Gives what `load` imports, or throws `ImportError` `missing-library` that says how to install `library`. */
export async function optionalLibrary<Library>(library: string, load: () => Promise<Library>): Promise<Library> {
  try {
    return await load()
  } catch (cause) {
    if (!isNotFound(cause)) throw cause
    const message = `reading this kind of data needs the package ${library}: npm install ${library}`
    throw new ImportError('missing-library', message, { cause })
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
}
