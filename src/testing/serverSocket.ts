/**
 * The server's end of an open connection, which a test controls: messages, control frames, arbitrary frames, and
 * faults.
 */
import type { ConnectionClosed, WSEvent } from "../core/events.ts";
import type { AgreedExtension } from "../core/extension.ts";
import { checkFlags, passOn, type OptionTable } from "../core/options.ts";
import type { Trace } from "../inspect/trace.ts";
import { MessageAssembler } from "../stream/messageAssembler.ts";
import { encodeFrame, toBytes, type FrameInit } from "./frame.ts";
import { ReceivedLog, type Received } from "./receivedLog.ts";
import type { Fault } from "./wire.ts";
import type { WiredConnection } from "./wiredConnection.ts";

/** The options of `send()` of a server's socket; see {@link webSocketServer}. */
export interface SendMessageOptions {
  /** `false` if this is a fragment, but not the last one, of a message. */
  readonly final?: boolean | undefined;
  /** Whether a compressing extension should compress this message. By default the extension decides. */
  readonly compress?: boolean | undefined;
}

const sendTable: OptionTable<SendMessageOptions> = { final: "a boolean", compress: "a boolean" };

/**
 * How a connection ended, from the server's side.
 *
 * @see {@link webSocketServer}
 */
export interface Ended {
  /** The code of the client's Close frame; 1005 if it had none, 1006 if no Close frame came. */
  readonly code: number;
  readonly reason: string;
  /** Whether both Close frames were exchanged. */
  readonly wasClean: boolean;
  /** The client's violation, or the transport's error. */
  readonly error?: unknown;
}

/**
 * The server's end of a connection. Methods that send throw a `LocalProtocolError` unless the connection is open. Their
 * promises resolve when the transport has accepted the bytes, or never will. Data is read before the call returns, so
 * you can reuse it.
 *
 * @see {@link webSocketServer}
 */
export class ServerSocket {
  /** The URL that the client requested. */
  readonly url: string;
  /** Makes faults below the protocol. */
  readonly fault: Fault;
  /** Everything received, for the matchers. */
  readonly received: ReceivedLog = new ReceivedLog();
  /** Resolves when the connection and its transport have ended. */
  readonly closed: Promise<Ended>;
  /** With `false`, pings are not answered. */
  answerPings = true;
  readonly #wired: WiredConnection;
  readonly #messages: MessageAssembler;

  /** Created when a request is accepted, which passes on the events. */
  constructor(wired: WiredConnection, url: string) {
    this.#wired = wired;
    this.#messages = new MessageAssembler(wired.connection);
    this.url = url;
    this.fault = wired.wire;
    this.closed = wired.ended.then((event) => this.#describe(event));
    void this.closed.then((ended) => this.received.end(describeEnd(ended)));
  }

  /** With `false`, the client's Close is not answered, and the connection stays until one side abandons it. */
  get answerClose(): boolean {
    return this.#wired.answerClose;
  }

  set answerClose(answers: boolean) {
    this.#wired.answerClose = answers;
  }

  /** The negotiated subprotocol; empty if there is none. */
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

  /** Sends a message: a string as text, bytes as binary. */
  send(data: string | BufferSource, options: SendMessageOptions = {}): Promise<void> {
    checkFlags("send()", options, sendTable);
    const { final = true, compress } = options;
    this.#wired.connection.sendData(data, final, passOn({ compress }));
    return this.#wired.flush();
  }

  /** Sends a value as JSON text. */
  sendJSON(value: unknown): Promise<void> {
    return this.send(JSON.stringify(value));
  }

  /** Sends a Ping. Throws `RangeError` if the payload is longer than 125 bytes. */
  ping(payload: string | BufferSource = ""): Promise<void> {
    this.#wired.connection.ping(toBytes(payload));
    return this.#wired.flush();
  }

  /** Sends a Pong, solicited or not. */
  pong(payload: string | BufferSource = ""): Promise<void> {
    this.#wired.connection.pong(toBytes(payload));
    return this.#wired.flush();
  }

  /**
   * Starts the closing handshake; {@link closed} resolves at its end. Throws `RangeError` if the code may not be sent.
   */
  close(code?: number, reason?: string): Promise<void> {
    this.#wired.connection.close(code, reason);
    return this.#wired.flush();
  }

  /** Sends a frame as given, valid or not. Neither checks nor changes the connection's state. */
  frame(frame: FrameInit): Promise<void> {
    return this.raw(encodeFrame(frame));
  }

  /** Sends bytes as they are. */
  raw(bytes: BufferSource): Promise<void> {
    return this.#wired.wire.write(toBytes(bytes));
  }

  /** Handles an event of the connection. */
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
