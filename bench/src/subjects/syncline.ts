/** Our replica, by the names that Yjs has for the same. */
import * as S from '@syncline/core/yjs'
import type { Subject } from './subject.ts'
import { yjsShaped } from './yjs-shape.ts'

export const subject: Subject = yjsShaped('syncline', S, { encoding: 'identical to yjs' })
