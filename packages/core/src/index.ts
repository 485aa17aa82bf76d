/** The public face of the merge core. */

// Bytes
export { ByteReader } from './byte-reader.ts'
export { ByteWriter } from './byte-writer.ts'

// Errors
export { DecodeError, assert, type DecodeErrorCode } from './errors.ts'
