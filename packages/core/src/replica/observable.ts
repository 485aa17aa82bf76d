/** Named events, with the names and the order of lib0's `ObservableV2`, from which a Yjs document inherits. */

/** Takes what is emitted under a name. */
// eslint-disable-next-line typescript/no-explicit-any -- listeners of any arguments are kept in one set
export type Listener = (...args: any[]) => void

const nobody: readonly never[] = []

export class Observable<Events extends { [Name in keyof Events]: Listener }> {
  /** Both are made for the first listener, since most documents that an app has open are listened to by nobody. */
  #observers: Map<string, Set<Listener>> | null = null
  /** The same as lists that never change: emitting one needs no copy. */
  #lists: Map<string, readonly Listener[]> | null = null

  /** Read by apps of Yjs, to learn whether anybody listens. */
  get _observers(): Map<string, Set<Listener>> {
    return (this.#observers ??= new Map())
  }

  /** Calls `listener` whenever `name` is emitted, after those that came before it. Returns it, for {@link off}. */
  on<Name extends keyof Events & string>(name: Name, listener: Events[Name]): Events[Name] {
    const observers = this._observers
    let listeners = observers.get(name)
    if (listeners === undefined) observers.set(name, (listeners = new Set()))
    listeners.add(listener)
    this.#lists?.delete(name)
    return listener
  }

  /** Calls `listener` once. */
  once<Name extends keyof Events & string>(name: Name, listener: Events[Name]): void {
    const call = (...args: Parameters<Events[Name]>): void => {
      this.off(name, call as Events[Name])
      listener(...args)
    }
    this.on(name, call as Events[Name])
  }

  off<Name extends keyof Events & string>(name: Name, listener: Events[Name]): void {
    const listeners = this.#observers?.get(name)
    if (listeners === undefined) return
    listeners.delete(listener)
    this.#lists?.delete(name)
    if (listeners.size === 0) this.#observers!.delete(name)
  }

  /** Calls those who listen at this moment. What one throws keeps it from the ones after it. */
  emit<Name extends keyof Events & string>(name: Name, args: Parameters<Events[Name]>): void {
    for (const listener of this.listenersOf(name)) listener(...args)
  }

  /** Those who listen at this moment: a list that does not change when one comes or leaves. */
  listenersOf<Name extends keyof Events & string>(name: Name): readonly Events[Name][] {
    if (this.#observers === null) return nobody
    const lists = (this.#lists ??= new Map())
    let list = lists.get(name)
    if (list === undefined) {
      list = Array.from(this.#observers.get(name) ?? [])
      lists.set(name, list)
    }
    return list as readonly Events[Name][]
  }

  /** Whether anybody listens. */
  protected hasListeners(name: string): boolean {
    return this.#observers?.has(name) ?? false
  }

  /** Forgets all listeners. */
  destroy(): void {
    this.#observers = null
    this.#lists = null
  }
}
