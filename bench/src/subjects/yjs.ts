/** yjs 13.6: the baseline. */
import * as Y from 'yjs'
import type { Subject } from './subject.ts'
import { yjsShaped } from './yjs-shape.ts'

export const subject: Subject = yjsShaped('yjs', Y, { encoding: 'identical to yjs' })
