/** The listeners that a browser's WebSocket has, `addEventListener` and `onmessage`, on top of an emitter, as ws has them. */
import type { MessageBytes } from "./messageBytes.ts";
import type { MessageData, Peer, PeerEvents } from "./peer.ts";

interface PeerEvent<Type extends string> {
  readonly type: Type;
  readonly target: Peer;
}

export interface ListenedEvents {
  /** Never comes: a peer is open from the beginning. */
  open: PeerEvent<"open">;
  /** Text comes as a string. */
  message: PeerEvent<"message"> & { readonly data: string | MessageData };
  error: PeerEvent<"error"> & { readonly error: Error; readonly message: string };
  close: PeerEvent<"close"> & { readonly code: number; readonly reason: string; readonly wasClean: boolean };
}

export type PeerEventListener<Type extends keyof ListenedEvents> =
  ((event: ListenedEvents[Type]) => unknown) | { handleEvent(event: ListenedEvents[Type]): unknown };

type Wrapper = (...args: PeerEvents[keyof PeerEvents]) => void;
type AnyListener = PeerEventListener<keyof ListenedEvents>;

export class EventListeners {
  readonly #peer: Peer;
  /** What stands behind the functions that the emitter calls. */
  readonly #origins = new WeakMap<object, { readonly listener: AnyListener; readonly isAttribute: boolean }>();

  constructor(peer: Peer) {
    this.#peer = peer;
  }

  /** Does nothing if it is there already, or for a type that never comes. */
  add<Type extends keyof ListenedEvents>(type: Type, listener: PeerEventListener<Type>, once: boolean): void {
    if (this.#find(type, listener as AnyListener) === undefined) this.#listen(type, listener as AnyListener, once);
  }

  remove<Type extends keyof ListenedEvents>(type: Type, listener: PeerEventListener<Type>): void {
    this.#forget(type, this.#find(type, listener as AnyListener));
  }

  attribute<Type extends keyof ListenedEvents>(type: Type): PeerEventListener<Type> | null {
    const wrapper = this.#find(type);
    return wrapper === undefined ? null : this.#origins.get(wrapper)!.listener;
  }

  /** What is no function only takes the place of the one before. */
  setAttribute<Type extends keyof ListenedEvents>(type: Type, listener: PeerEventListener<Type> | null): void {
    this.#forget(type, this.#find(type));
    if (typeof listener === "function") this.#listen(type, listener as AnyListener, false, true);
  }

  #listen(type: keyof ListenedEvents, listener: AnyListener, once: boolean, isAttribute = false): void {
    const wrapper = this.#wrap(type, listener);
    if (wrapper === undefined) return;
    this.#origins.set(wrapper, { listener, isAttribute });
    if (once) this.#peer.once(type as keyof PeerEvents, wrapper);
    else this.#peer.on(type as keyof PeerEvents, wrapper);
  }

  #wrap(type: keyof ListenedEvents, listener: AnyListener): Wrapper | undefined {
    const target = this.#peer;
    const call = (event: ListenedEvents[keyof ListenedEvents]): void => {
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

  /** The function that the emitter has for a listener, or for the attribute. */
  #find(type: keyof ListenedEvents, listener?: AnyListener): object | undefined {
    return this.#peer.listeners(type as keyof PeerEvents).find((wrapper) => {
      const origin = this.#origins.get(wrapper);
      if (origin === undefined) return false;
      return listener === undefined ? origin.isAttribute : origin.listener === listener && !origin.isAttribute;
    });
  }

  #forget(type: keyof ListenedEvents, wrapper: object | undefined): void {
    if (wrapper !== undefined) this.#peer.removeListener(type as keyof PeerEvents, wrapper as () => void);
  }
}
