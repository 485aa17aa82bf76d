/** People in many rooms, two in each, who type at their pace while something else is measured, or are what is measured. */
export interface Crowd {
  /** Everybody presses so many keys; resolves when the last is pressed. */
  press(keystrokes: number): Promise<void>
  /** Everybody presses keys until {@link Crowd.settle}, or until they have typed all that they know. */
  start(): Promise<void>
  /**
   * No more keys. Resolves, to how many keys all have pressed, when everybody has what their neighbour typed; rejects when they do not get it, or something else.
   */
  settle(): Promise<number>
  close(): Promise<void>
}
