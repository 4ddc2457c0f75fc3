/** Fake carriers: they record what is sent, deliver what the test supplies, and can be made to throw. */

import { dataChannelProtocol } from "../../src/transports/webrtc.ts";

/** Counts its listeners. */
export class CountedTarget extends EventTarget {
  readonly #listening = new Set<string>();
  readonly #ids = new Map<unknown, number>();

  get listeners(): number {
    return this.#listening.size;
  }

  override addEventListener(...given: Parameters<EventTarget["addEventListener"]>): void {
    this.#listening.add(this.#key(given[0], given[1]));
    super.addEventListener(...given);
  }

  override removeEventListener(...given: Parameters<EventTarget["removeEventListener"]>): void {
    this.#listening.delete(this.#key(given[0], given[1]));
    super.removeEventListener(...given);
  }

  #key(type: string, listener: unknown): string {
    const id = this.#ids.get(listener) ?? this.#ids.size;
    this.#ids.set(listener, id);
    return `${type} ${id}`;
  }
}

/** What all fake carriers share. */
export abstract class FakeCarrier extends CountedTarget {
  /** The messages that the transport sent: texts, and the lengths of binary ones. */
  readonly sent: unknown[] = [];
  closes = 0;
  /** Which of its methods throw. */
  broken: readonly ("send" | "close")[] = [];
  /** Whether it fires `close` after it was closed. */
  tellsOfClose = true;
  bufferedAmount = 0;

  /** Ends as if the other end had gone. */
  abstract lose(): void;
  /** Delivers a message. */
  bring(data: unknown): void {
    this.dispatchEvent(new MessageEvent("message", { data }));
  }

  protected take(data: unknown): void {
    if (this.broken.includes("send")) throw new Error("it can't be sent");
    this.sent.push(data instanceof Uint8Array ? data.length : data);
  }

  protected beginToClose(): void {
    this.closes++;
    if (this.broken.includes("close")) throw new Error("it can't be closed");
    if (this.tellsOfClose) setTimeout(() => this.lose(), 0);
  }
}

/** A data channel that is ordered and reliable. */
export class FakeChannel extends FakeCarrier {
  readonly label = "fake";
  readonly protocol: string;
  readonly ordered = true;
  readonly maxRetransmits = null;
  readonly maxPacketLifeTime = null;
  readyState: RTCDataChannelState;
  bufferedAmountLowThreshold = 0;
  binaryType = "arraybuffer";

  constructor(protocol: string, readyState: RTCDataChannelState = "connecting") {
    super();
    this.protocol = protocol;
    this.readyState = readyState;
  }

  open(): void {
    this.readyState = "open";
    this.dispatchEvent(new Event("open"));
  }

  lose(): void {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    this.dispatchEvent(new Event("close"));
  }

  send(data: unknown): void {
    this.take(data);
  }

  close(): void {
    if (this.readyState !== "closed") this.readyState = "closing";
    this.beginToClose();
  }
}

/** A peer connection on which the other end opens channels. */
export class FakeConnection extends CountedTarget {
  readonly sctp: CountedTarget & { state: string } = Object.assign(new CountedTarget(), { state: "connected" });
  readonly signalingState = "stable";

  announce(more: Partial<FakeChannel> = {}): FakeChannel {
    const channel = Object.assign(new FakeChannel(dataChannelProtocol, "open"), more);
    this.dispatchEvent(Object.assign(new Event("datachannel"), { channel }));
    return channel;
  }
}

/** A WebSocket that chose its subprotocol. */
export class FakeWebSocket extends FakeCarrier {
  readonly protocol: string;
  readyState = 0;
  binaryType = "blob";
  /** The first close code that it was given. */
  closeCode: number | undefined;

  constructor(protocol: string) {
    super();
    this.protocol = protocol;
  }

  open(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }

  lose(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    const { closeCode: code = 1006 } = this;
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason: "", wasClean: code !== 1006 }));
  }

  send(data: unknown): void {
    this.take(data);
  }

  close(code: number): void {
    this.closeCode ??= code;
    if (this.readyState < 2) this.readyState = 2;
    this.beginToClose();
  }
}

/** A message port of Node, which fires `close` when its other end is gone. */
export class FakePort extends FakeCarrier {
  start(): void {}

  open(): void {}

  lose(): void {
    this.dispatchEvent(new Event("close"));
  }

  postMessage(message: unknown): void {
    this.take(message);
  }

  close(): void {
    this.beginToClose();
  }
}
