/** What the tests require of foreign peers, and of what opens connections to them. */
import type { DeflateOptions } from "../../src/deflate/index.ts";
import type { Extension } from "../../src/index.ts";
import type { Peer } from "./tcp.ts";

/** The other end of a connection. What a kind of peer has no means for is missing. */
export interface Foreign {
  /** Empty if none was agreed on. */
  readonly subprotocol: string;
  /** Server: the headers of our request, by their names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sends a message, or with `finished` false a fragment of one. */
  send(data: string | Uint8Array<ArrayBuffer>, finished?: boolean): unknown;
  message(): Promise<string | Uint8Array>;
  ping?(payload: Uint8Array): unknown;
  /** The payload of the next ping that comes. */
  pinged?(): Promise<Uint8Array>;
  /** The payload of the next pong that comes. */
  ponged?(): Promise<Uint8Array>;
  close(code?: number, reason?: string): unknown;
  /** What it takes for the end. */
  readonly closed: Promise<{ code: number; reason: string }>;
  /** Breaks the stream off. */
  drop?(): void;
}

export interface OpenOptions {
  /** What the client offers. The servers choose `chat` if they can. */
  readonly subprotocols?: readonly string[];
  /** Of the request, by their usual names. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What both ends are to compress with. */
export interface Compression {
  readonly ours: readonly Extension[];
  /** What the other end wants, as far as it can be configured. */
  readonly theirs: Pick<
    DeflateOptions,
    "serverNoContextTakeover" | "clientNoContextTakeover" | "serverMaxWindowBits" | "clientMaxWindowBits"
  >;
}

/** A kind of peer, running. */
export interface Pairing {
  /** The only Origin that its client can send; any if this is missing. */
  readonly origin?: string;
  open(options?: OpenOptions): Promise<{ ours: Peer; theirs: Foreign }>;
  stop(): Promise<unknown>;
}

export interface Kind {
  readonly name: string;
  /** Which end is ours. */
  readonly ours: "client" | "server";
  /** Why it can't be tested here. */
  readonly missing?: string | undefined;
  /** What it can send and tell, beyond messages. */
  readonly can: {
    readonly fragments: boolean;
    readonly ping: boolean;
    readonly tellPings: boolean;
    /** Which headers its client can send. */
    readonly headers: readonly string[];
    readonly drop: boolean;
    /** Whether U+FEFF at the beginning of a text reaches its application, as it does by the WebSocket standard. */
    readonly receiveByteOrderMark: boolean;
    /** Which of the codes it can send; `undefined` is a Close frame with no code. */
    readonly closeWith: readonly (number | undefined)[];
    /** Which codes it takes for valid. */
    readonly beClosedWith: readonly (number | undefined)[];
    readonly compress: {
      /** Whether it compresses what it sends. */
      readonly sends: boolean;
      /** The smallest window that it can be configured for; missing if its compression can't be configured. */
      readonly windowBits?: number;
      /** A ping inside a compressed message breaks it for this peer. */
      readonly breaksOnPing?: true;
    };
  };
  /** Nothing is compressed unless it is said how. */
  start(compression?: Compression): Promise<Pairing>;
}
