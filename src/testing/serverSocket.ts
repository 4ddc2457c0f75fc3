/** The server's end of an open connection, in a test's hands: messages, control frames, frames of any kind, and faults. */
import type { ConnectionClosed, WSEvent } from "../core/events.ts";
import type { AgreedExtension } from "../core/extension.ts";
import type { Trace } from "../inspect/trace.ts";
import { MessageAssembler } from "../stream/messageAssembler.ts";
import { encodeFrame, toBytes, type FrameInit } from "./frame.ts";
import { ReceivedLog, type Received } from "./receivedLog.ts";
import type { Fault } from "./wire.ts";
import type { WiredConnection } from "./wiredConnection.ts";

export interface SendMessageOptions {
  /** `false`: a fragment of a message, and not the last one. */
  readonly final?: boolean;
  /** What an extension that compresses should do with this message; left to it by default. */
  readonly compress?: boolean;
}

/** How a connection ended, as the server saw it. */
export interface Ended {
  /** The code of the client's Close frame; 1005 if it had none, 1006 if no Close frame came. */
  readonly code: number;
  readonly reason: string;
  /** Whether both Close frames were exchanged. */
  readonly wasClean: boolean;
  /** What the client did wrong, or what the transport failed with. */
  readonly error?: unknown;
}

/**
 * What sends throws a `LocalProtocolError` unless the connection is open, and returns a promise that is fulfilled when
 * the transport has taken the bytes, or never will. What was sent has been read when the call returns.
 */
export class ServerSocket {
  /** What the client asked for. */
  readonly url: string;
  /** What goes wrong below the protocol. */
  readonly fault: Fault;
  /** Everything that has been received, for the matchers. */
  readonly received: ReceivedLog = new ReceivedLog();
  /** Fulfilled when the connection has ended and its transport, too. */
  readonly closed: Promise<Ended>;
  /** `false`: pings are not answered. */
  answerPings = true;
  readonly #wired: WiredConnection;
  readonly #messages: MessageAssembler;

  /** Made by a request that is accepted, which hands on what happens. */
  constructor(wired: WiredConnection, url: string) {
    this.#wired = wired;
    this.#messages = new MessageAssembler(wired.connection);
    this.url = url;
    this.fault = wired.wire;
    this.closed = wired.ended.then((event) => this.#describe(event));
    void this.closed.then((ended) => this.received.end(describeEnd(ended)));
  }

  /** `false`: the client's Close is not answered, and the connection stays until it is given up. */
  get answerClose(): boolean {
    return this.#wired.answerClose;
  }

  set answerClose(answers: boolean) {
    this.#wired.answerClose = answers;
  }

  /** The subprotocol that was chosen; empty if there is none. */
  get protocol(): string {
    return this.#wired.connection.subprotocol ?? "";
  }

  get extensions(): readonly AgreedExtension[] {
    return this.#wired.connection.extensions;
  }

  /** What has passed on the wire so far, for the exports of `websocket-over/inspect`. */
  get trace(): Trace {
    return this.#wired.trace;
  }

  /** Sends a message: text as a string, binary as bytes. */
  send(data: string | BufferSource, { final = true, ...options }: SendMessageOptions = {}): Promise<void> {
    this.#wired.connection.sendData(data, final, options);
    return this.#wired.flush();
  }

  /** Sends a value as text in JSON. */
  sendJSON(value: unknown): Promise<void> {
    return this.send(JSON.stringify(value));
  }

  /** `RangeError` for a payload of more than 125 bytes. */
  ping(payload: string | BufferSource = ""): Promise<void> {
    this.#wired.connection.ping(toBytes(payload) as BufferSource);
    return this.#wired.flush();
  }

  /** Sends a Pong, asked for or not. */
  pong(payload: string | BufferSource = ""): Promise<void> {
    this.#wired.connection.pong(toBytes(payload) as BufferSource);
    return this.#wired.flush();
  }

  /** Begins the closing handshake; see {@link closed} for its end. `RangeError` for a code that may not be sent. */
  close(code?: number, reason?: string): Promise<void> {
    this.#wired.connection.close(code, reason);
    return this.#wired.flush();
  }

  /** Sends a frame as it is told, allowed or not: no state is asked, none is changed. */
  frame(frame: FrameInit): Promise<void> {
    return this.raw(encodeFrame(frame));
  }

  /** Sends bytes as they are. */
  raw(bytes: BufferSource): Promise<void> {
    return this.#wired.wire.write(toBytes(bytes));
  }

  /** Takes what has happened on the connection. */
  handle(event: WSEvent): void {
    switch (event.type) {
      case "textReceived":
      case "bytesReceived": {
        const data = this.#messages.add(event);
        if (data !== undefined) this.received.add(message(data));
        return;
      }
      case "pingReceived":
        this.received.add({ type: "ping", data: new Uint8Array(event.payload) });
        if (this.answerPings && this.#wired.connection.state === "open") this.#wired.connection.pong(event.payload);
        return;
      case "pongReceived":
        this.received.add({ type: "pong", data: new Uint8Array(event.payload) });
        return;
      case "connectionClosed":
        if (event.received !== undefined) this.received.add({ type: "close", ...event.received });
        return;
      case "connectionRequested":
      case "connectionEstablished":
      case "connectionRejected":
      case "rejectionData":
        return;
    }
  }

  #describe({ code, reason, wasClean, error }: ConnectionClosed): Ended {
    const why = error ?? this.#wired.fault;
    return { code, reason, wasClean: wasClean && this.answerClose, ...(why !== undefined && { error: why }) };
  }
}

function message(data: string | Uint8Array<ArrayBuffer>): Received {
  return typeof data === "string" ? { type: "text", data } : { type: "bytes", data };
}

function describeEnd({ code, reason, error }: Ended): string {
  const because = error instanceof Error ? `: ${error.message}` : "";
  if (code === 1006) return `the connection ended without a Close frame${because}`;
  return `the connection was closed with ${code}${reason === "" ? "" : ` ${JSON.stringify(reason)}`}${because}`;
}
