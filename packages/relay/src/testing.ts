/** The entry `@syncline/relay/testing`: for tests of what embeds a relay. Nothing here belongs into production. */

// A log whose disk fails when it is told to
export { FaultyLog, type FaultyVerb } from './log/faulty-log.ts'
