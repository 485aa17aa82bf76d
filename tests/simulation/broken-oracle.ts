/** What a run ends with when the world is not as it was promised. */

/** The promises, by name: what the mutants' table and failures call them. */
export type OracleName =
  /** Something acknowledged, or told to others, is not in the relay's durable log. */
  | 'acked-is-durable'
  | 'told-is-durable'
  /** Something that the device said it had stored is not on it. */
  | 'stored-is-kept'
  /** An edit made before its tab was told that it is hidden did not outlive the tab. */
  | 'hidden-is-kept'
  /** A fold, or a checkpoint, says less than what it replaced. */
  | 'fold-keeps-all'
  | 'checkpoint-keeps-all'
  /** Somewhere is what nobody wrote, or something else in its place. */
  | 'nothing-invented'
  /** Something is deleted, or without content, that nobody deleted. */
  | 'nothing-vanishes'
  /** A device takes itself to be at a place of the log, and lacks something before it. */
  | 'position-is-true'
  /** Seqs of a room have a hole, or go back. */
  | 'seqs-without-holes'
  /** Refs or positions on a device go back. */
  | 'device-goes-forward'
  /** An edit that was at the relay, by the status, is not any more. */
  | 'receipts-go-forward'
  /** Somebody who may only read has changed something. */
  | 'read-only-changes-nothing'
  /** Somebody whose tokens can be renewed was put out because one ran out. */
  | 'welcome-stays'
  /** The relay refused an edit, though nobody did anything wrong. */
  | 'nothing-refused'
  /** Somebody who is gone is still shown, or somebody who is here is not. */
  | 'awareness-is-true'
  /** The run is busy with itself, and its time stands still. */
  | 'time-goes-on'
  /** The healed world does not come to rest in time. */
  | 'comes-to-rest'
  /** Replicas, or the log, differ after that. */
  | 'all-the-same'
  /** Something that was safe is missing after that. */
  | 'nothing-lost'
  /** An exception that nobody caught, or a bug that the relay itself reported. */
  | 'nothing-throws'
  /** The same run came out differently. */
  | 'same-seed-same-run'

export class BrokenOracle extends Error {
  override readonly name = 'BrokenOracle'
  readonly oracle: OracleName

  constructor(oracle: OracleName, message: string, options?: ErrorOptions) {
    super(`${oracle}: ${message}`, options)
    this.oracle = oracle
  }
}
