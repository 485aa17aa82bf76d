/** The client's errors in plain words: what happened, and what it means for the text. Everything else in them is for programs. */
import type { SynclineError, SynclineErrorCode } from 'syncline'

const sentences: Readonly<Record<SynclineErrorCode, string>> = {
  'store-unavailable':
    'This browser keeps nothing on the device, as in a private window. Your text is kept in memory only: it is gone when this ' +
    'page closes, unless it reached the relay.',
  'store-full':
    'The storage of this device is full. New edits are kept in memory only: they are gone when this page closes, unless they ' +
    'reached the relay.',
  'store-blocked':
    'Another tab with an older version of this page holds the storage. Close it; until then, new edits are kept in memory only.',
  'store-failed': 'The storage of this device failed. New edits are kept in memory only, and storing is tried again.',
  'connection-lost': 'The relay cannot be reached. Your edits stay here, and go out when it is back.',
  'unsupported-version': 'The relay speaks another version. Load this page again.',
  'malformed-message': 'The relay, or something between, sent what is no message. Your edits stay here.',
  unauthorized: 'The relay asks who you are, and this demo has no answer. Your edits stay here.',
  refused: 'The relay does not let you into this room. Your edits stay here.',
  rejected: 'The relay refused an edit for good. It is kept on this device and can be downloaded.',
  conflict:
    'A copy of this device has written, too, under the same name. What differs is kept on this device and can be downloaded.',
  closed: 'This room was closed.',
  aborted: 'A wait was given up.',
  'invalid-room-name': 'That cannot be the name of a room.',
}

export function sentenceOfError(error: SynclineError): string {
  // The error may come from another tab, and that from another version: then it has a code unknown here.
  return Object.hasOwn(sentences, error.code) ? sentences[error.code] : error.message
}
