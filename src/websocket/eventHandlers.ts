/** Event handler attributes such as `onmessage` (HTML §8.1.8.1). Each is one listener, in order among the others. */

type Handler = ((this: EventTarget, event: Event) => unknown) | object;

export class EventHandlers {
  readonly #target: EventTarget;
  readonly #active = new Map<string, { handler: Handler; readonly listener: (event: Event) => void }>();

  constructor(target: EventTarget) {
    this.#target = target;
  }

  get(type: string): Handler | null {
    return this.#active.get(type)?.handler ?? null;
  }

  /** A value that is not an object counts as `null` (Web IDL, `[LegacyTreatNonObjectAsNull]`). */
  set(type: string, value: unknown): void {
    const handler = typeof value === "function" || typeof value === "object" ? value : null;
    const active = this.#active.get(type);
    if (handler === null) {
      // "To deactivate an event handler": if it is set again, it moves to the end of the list.
      if (active === undefined) return;
      EventTarget.prototype.removeEventListener.call(this.#target, type, active.listener);
      this.#active.delete(type);
    } else if (active === undefined) {
      const listener = (event: Event): void => this.#process(type, event);
      this.#active.set(type, { handler, listener });
      if ((platformCalls ??= callsHandlers())) return;
      // Not the method that a derived class may override.
      EventTarget.prototype.addEventListener.call(this.#target, type, listener);
    } else {
      // "The event listener's callback … is not updated": it keeps its place.
      active.handler = handler;
    }
  }

  #process(type: string, event: Event): void {
    const handler = this.get(type);
    if (typeof handler === "function") Reflect.apply(handler, this.#target, [event]);
  }
}

/** Whether the platform's EventTarget itself calls handlers such as an object's `onmessage`, as workerd's does. */
let platformCalls: boolean | undefined;

function callsHandlers(): boolean {
  let called = false;
  const target = Object.assign(new EventTarget(), { onprobe: () => void (called = true) });
  target.dispatchEvent(new Event("probe"));
  return called;
}
