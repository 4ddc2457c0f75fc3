/** The listeners of a browser's WebSocket, `addEventListener` and `onmessage`, on top of an emitter, as in ws. */
import type { Emitter } from "./emitter.ts";
import type { MessageBytes } from "./messageBytes.ts";
import type { MessageData, PeerEvents } from "./peerEvents.ts";

interface TargetedEvent<Target, Type extends string> {
  readonly type: Type;
  readonly target: Target;
}

export interface EventsOf<Target> {
  /** Never fires: a peer is open from the start. */
  open: TargetedEvent<Target, "open">;
  /** Text arrives as a string. */
  message: TargetedEvent<Target, "message"> & { readonly data: string | MessageData };
  error: TargetedEvent<Target, "error"> & { readonly error: Error; readonly message: string };
  close: TargetedEvent<Target, "close"> & {
    readonly code: number;
    readonly reason: string;
    readonly wasClean: boolean;
  };
}

type EventType = keyof EventsOf<unknown>;

export type ListenerOf<Target, Type extends EventType> =
  ((event: EventsOf<Target>[Type]) => unknown) | { handleEvent(event: EventsOf<Target>[Type]): unknown };

type Wrapper = (...args: PeerEvents[keyof PeerEvents]) => void;

/** `Target` is the peer itself. */
export class EventListeners<Target extends Emitter<PeerEvents> & { readonly wasClean: boolean }> {
  readonly #peer: Target;
  /** The original listeners of the functions that the emitter calls. */
  readonly #origins = new WeakMap<
    object,
    { readonly listener: ListenerOf<Target, EventType>; readonly isAttribute: boolean }
  >();

  constructor(peer: Target) {
    this.#peer = peer;
  }

  /** Does nothing if the listener is already there, or if the type never fires. */
  add<Type extends EventType>(type: Type, listener: ListenerOf<Target, Type>, once: boolean): void {
    if (this.#find(type, listener as ListenerOf<Target, EventType>) === undefined)
      this.#listen(type, listener as ListenerOf<Target, EventType>, once);
  }

  remove<Type extends EventType>(type: Type, listener: ListenerOf<Target, Type>): void {
    this.#forget(type, this.#find(type, listener as ListenerOf<Target, EventType>));
  }

  attribute<Type extends EventType>(type: Type): ListenerOf<Target, Type> | null {
    const wrapper = this.#find(type);
    return wrapper === undefined ? null : this.#origins.get(wrapper)!.listener;
  }

  /** A value that is not a function only removes the previous handler. */
  setAttribute<Type extends EventType>(type: Type, listener: ListenerOf<Target, Type> | null): void {
    this.#forget(type, this.#find(type));
    if (typeof listener === "function") this.#listen(type, listener as ListenerOf<Target, EventType>, false, true);
  }

  #listen(type: EventType, listener: ListenerOf<Target, EventType>, once: boolean, isAttribute = false): void {
    const wrapper = this.#wrap(type, listener);
    if (wrapper === undefined) return;
    this.#origins.set(wrapper, { listener, isAttribute });
    if (once) this.#peer.once(type as keyof PeerEvents, wrapper);
    else this.#peer.on(type as keyof PeerEvents, wrapper);
  }

  #wrap(type: EventType, listener: ListenerOf<Target, EventType>): Wrapper | undefined {
    const target = this.#peer;
    const call = (event: EventsOf<Target>[EventType]): void => {
      if (typeof listener === "function") Reflect.apply(listener, target, [event]);
      else listener.handleEvent(event);
    };
    switch (type) {
      case "open":
        return () => call({ type, target });
      case "message":
        return ((data: MessageData, isBinary: boolean) =>
          call({ type, target, data: isBinary ? data : (data as MessageBytes).toString() })) as Wrapper;
      case "error":
        return ((error: Error) => call({ type, target, error, message: error.message })) as Wrapper;
      case "close":
        return ((code: number, reason: MessageBytes) =>
          call({ type, target, code, reason: reason.toString(), wasClean: target.wasClean })) as Wrapper;
      default:
        return undefined;
    }
  }

  /** Finds the emitter's function for a listener, or for the attribute. */
  #find(type: EventType, listener?: ListenerOf<Target, EventType>): object | undefined {
    return this.#peer.listeners(type as keyof PeerEvents).find((wrapper) => {
      const origin = this.#origins.get(wrapper);
      if (origin === undefined) return false;
      return listener === undefined ? origin.isAttribute : origin.listener === listener && !origin.isAttribute;
    });
  }

  #forget(type: EventType, wrapper: object | undefined): void {
    if (wrapper !== undefined) this.#peer.removeListener(type as keyof PeerEvents, wrapper as () => void);
  }
}
