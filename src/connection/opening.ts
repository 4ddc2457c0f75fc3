/** The interfaces between an opening handshake and its connection. */
import type { ByteQueue } from "../core/byteQueue.ts";
import type { Deadlines } from "../core/deadlines.ts";
import type { RemoteProtocolError } from "../core/errors.ts";
import type { WSEvent } from "../core/events.ts";
import type { LifeCycle, Signal } from "../core/lifeCycle.ts";
import type { Limits } from "../core/limits.ts";
import type { OutputQueue } from "../core/outputQueue.ts";
import type { Head } from "../handshake/headReader.ts";
import type { Agreement } from "../handshake/negotiation.ts";

/** The connection, as its opening handshake sees it. */
export interface Openable {
  readonly life: LifeCycle;
  readonly input: ByteQueue;
  readonly output: OutputQueue;
  readonly deadlines: Deadlines;
  readonly limits: Limits;
  readonly random: (bytes: Uint8Array<ArrayBuffer>) => void;
  tell(event: WSEvent): void;
  /** Opens the connection and ends the opening handshake. */
  open(signal: Signal, agreed: Agreement & { readonly head: Head }): void;
  /** Ends a connection that was never open. */
  finish(signal: Signal): void;
  /** Takes a step that the peer's bytes ask for. If they break a rule, refuses them and ends the connection. */
  attempt(step: () => void): void;
}

/** One side's opening handshake. */
export interface Opening {
  /** Reads the bytes that have arrived. Throws `ProtocolError`. */
  read(): void;
  /** The stream has ended. */
  end(): void;
  /** Answers a peer that broke a rule, if an answer is due. */
  refuse(error: RemoteProtocolError): void;
}

export type MakeOpening = (connection: Openable) => Opening;
