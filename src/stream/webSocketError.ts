/** Why a WebSocket failed, in the shape of WebSocketStream's error (WHATWG WebSockets, WebSocketError). */
import { concat, type Bytes } from "../core/bytes.ts";
import { CloseCode, isCloseCodeOnWire } from "../core/closeCodes.ts";
import { shortenedReason } from "../core/closeFrame.ts";
import { ProtocolError } from "../core/errors.ts";
import { textOf } from "../transports/textOf.ts";
import type { ConnectionClosed, ConnectionRejected, RejectionData } from "../core/events.ts";

/**
 * A server's answer that refused the connection.
 *
 * @see {@link WebSocketError}
 */
export interface Rejection {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  /** The part of the body that arrived, at most 64 KiB. */
  readonly body: Bytes;
}

/** The fields of a new {@link WebSocketError}. */
export interface WebSocketErrorDetails {
  readonly closeCode?: number | undefined;
  readonly reason?: string | undefined;
  readonly rejection?: Rejection | undefined;
  readonly cause?: unknown;
}

/**
 * Why a WebSocket could not be opened, or why it ended. A session rejects with it; the `WebSocket` class gives it as the
 * `cause` of its `error` and `close` events. You can also make one and pass it to `abort()` or `cancel()` of a stream,
 * to choose the close code.
 *
 * @example
 * ```ts
 * import { pipe } from "websocket-over/pipe";
 * import { accept, connect, WebSocketError } from "websocket-over/stream";
 *
 * const [near, far] = pipe();
 * void accept(far).then((request) => request.reject({ status: 401, body: "who are you?" }));
 * try {
 *   await connect(near);
 * } catch (error) {
 *   if (!(error instanceof WebSocketError)) throw error;
 *   console.log(error.message); // → the server refused the connection: 401 Unauthorized
 *   console.log(new TextDecoder().decode(error.rejection?.body)); // → who are you?
 * }
 * ```
 */
export class WebSocketError extends DOMException {
  /** The close code of the connection; 1006 if no Close frame came. */
  readonly closeCode: number | undefined;
  /** The reason in the peer's Close frame. */
  readonly reason: string;
  /** The server's answer, if it refused the connection. */
  readonly rejection: Rejection | undefined;
  /** The underlying error: the `RemoteProtocolError`, or the transport's error. */
  override readonly cause: unknown;

  constructor(message: string, details: WebSocketErrorDetails = {}) {
    super(message, "WebSocketError");
    this.reason = details.reason ?? "";
    // "If reason is non-empty, but code is not set, then set code to 1000."
    this.closeCode = details.closeCode ?? (this.reason === "" ? undefined : CloseCode.NORMAL_CLOSURE);
    this.rejection = details.rejection;
    this.cause = details.cause;
  }
}

/** Describes why a connection ended unexpectedly. */
export function explain(closed: ConnectionClosed, fault: unknown, rejection?: Rejection): WebSocketError {
  const { code: closeCode, reason, error } = closed;
  const cause = error ?? fault;
  const broken = cause instanceof ProtocolError ? cause : undefined;
  const details = { closeCode, reason, rejection, cause };
  if (rejection !== undefined) {
    const answer = `${rejection.status} ${rejection.statusText}`.trimEnd();
    return new WebSocketError(`the server refused the connection: ${answer}`, details);
  }
  if (broken !== undefined) return new WebSocketError(`the connection failed: ${broken.message}`, details);
  if (fault !== undefined) return new WebSocketError(`the transport failed: ${textOf(fault)}`, details);
  if (closed.wasClean) return new WebSocketError(`the connection was closed with code ${closeCode}`, details);
  return new WebSocketError("the transport ended without a closing handshake", details);
}

/** Returns the code and reason of a Close frame for an abort or cancel reason of any class. */
export function sendableClose(reason: unknown): { closeCode?: number; reason?: string } {
  const { closeCode, reason: text } = Object(reason) as { closeCode?: unknown; reason?: unknown };
  if (typeof closeCode !== "number") return {};
  const code = isCloseCodeOnWire(closeCode) ? closeCode : CloseCode.INTERNAL_ERROR;
  return { closeCode: code, reason: typeof text === "string" ? shortenedReason(text) : "" };
}

const MAX_BODY_BYTES = 64 * 1024;

/** Collects a server's refusal from its events. */
export class RejectionReader {
  #head: ConnectionRejected | undefined;
  readonly #body: Bytes[] = [];
  #bytes = 0;

  add(event: ConnectionRejected | RejectionData): void {
    if (event.type === "connectionRejected") {
      this.#head = event;
      return;
    }
    const piece = event.data.slice(0, MAX_BODY_BYTES - this.#bytes);
    if (piece.length > 0) this.#body.push(piece);
    this.#bytes += piece.length;
  }

  /** The refusal so far; `undefined` if the server did not refuse. */
  get rejection(): Rejection | undefined {
    if (this.#head === undefined) return undefined;
    const { status, statusText, headers } = this.#head;
    return { status, statusText, headers, body: concat(this.#body) };
  }
}
