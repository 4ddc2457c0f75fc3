/** Captured bytes of both directions → records: the handshake of one tells how the frames of the other are to be read. */
import { EMPTY } from "../../core/bytes.ts";
import type { AgreedExtension, Extension } from "../../core/extension.ts";
import { checkOptions, refuse, type OptionTable } from "../../core/options.ts";
import { parseExtensions } from "../../handshake/headerGrammar.ts";
import { agreeBeforehand, requireExtensions } from "../../handshake/negotiation.ts";
import { HeadDecoder } from "./headDecoder.ts";
import { aside } from "../aside.ts";
import { fieldValue, offeredIn } from "./headRules.ts";
import type { HeadRecord, TraceRecord } from "../record.ts";
import type { Role } from "../role.ts";
import { keyOf, StreamDecoder, type Conversation } from "./streamDecoder.ts";

export interface DecoderOptions {
  /**
   * `"http1"`: the streams begin with the heads of the opening handshake; `"none"`: with frames. By default the first
   * byte of each tells.
   */
  readonly handshake?: "http1" | "none" | undefined;
  /**
   * What can decode the extensions that were agreed on, such as `permessageDeflate()`. Without it the payload of a
   * compressed message is shown as it is.
   */
  readonly extensions?: readonly Extension[] | undefined;
  /**
   * The extensions that were agreed on, where no handshake is among the bytes; by default those in `extensions`, as each
   * would agree with itself.
   */
  readonly agreed?: readonly AgreedExtension[] | undefined;
  /** `false`: clients need not mask. */
  readonly masking?: boolean | undefined;
  /** At whose end the capture was made: what that end sends is `"sent"`. `"client"` by default. */
  readonly observer?: Role | undefined;
  /** Most bytes kept of a payload, and as many of what it is decoded to; 64 KiB by default. The rest is counted. */
  readonly maxPayloadBytes?: number | undefined;
  /**
   * Up to how many bytes a message is decoded; 16 MiB by default. Beyond it decoding is given up, and with context
   * takeover for all later messages of that direction.
   */
  readonly maxInflatedBytes?: number | undefined;
  /** Longest head, in bytes; 64 KiB by default. What follows a longer one is not understood. */
  readonly maxHeadBytes?: number | undefined;
  /** Is told each record when it begins, and again whenever it has changed. What it throws is an unhandled rejection. */
  readonly onRecord?: ((record: TraceRecord) => void) | undefined;
}

const decodeTable: OptionTable<Omit<DecoderOptions, "onRecord">> = {
  handshake: "a string",
  extensions: "an object",
  agreed: "an object",
  masking: "a boolean",
  observer: "a string",
  maxPayloadBytes: "a number",
  maxInflatedBytes: "a number",
  maxHeadBytes: "a number",
};

const decoderTable: OptionTable<DecoderOptions> = { ...decodeTable, onRecord: "a function" };

/** Where each stream begins, if that is known better than by its first byte. */
type Beginning = "head" | "frames" | "unknown";

/**
 * Decodes as bytes come, in any cuts. Never throws for what the bytes are: what breaks a rule is read on as far as it can
 * be, and says so in `violations`. Keeps nothing but what is under way; the records are its user's.
 */
export class Decoder {
  readonly #streams: Readonly<Record<Role, StreamDecoder>>;
  #chunks = 0;

  /** `RangeError` for limits that can't be. `beginnings` says where each stream begins; by default `options` do. */
  constructor(options: DecoderOptions = {}, beginnings?: Readonly<Record<Role, Beginning>>) {
    checkOptions("new Decoder()", options, decoderTable);
    const { handshake, extensions = [], agreed, onRecord } = options;
    requireExtensions(extensions);
    const limits = {
      maxHeadBytes: count("maxHeadBytes", options.maxHeadBytes, 64 * 1024),
      maxPayloadBytes: count("maxPayloadBytes", options.maxPayloadBytes, 64 * 1024),
      maxInflatedBytes: count("maxInflatedBytes", options.maxInflatedBytes, 16 * 1024 * 1024),
    };
    const conversation: Conversation = {
      observer: options.observer ?? "client",
      masking: options.masking ?? true,
      extensions,
      limits,
      agreement: agreed === undefined ? undefined : { extensions: agreed },
      requestKey: undefined,
      offered: undefined,
      nextId: 0,
      tell: (record) => {
        if (onRecord !== undefined) aside(() => onRecord(record));
      },
      headComplete: (head) => learn(conversation, head),
      beginsOpen: () => (conversation.agreement ??= { extensions: agreeBeforehand("server", extensions) }),
    };
    const beginning = handshake === undefined ? "unknown" : handshake === "none" ? "frames" : "head";
    const begin = (sender: Role): StreamDecoder =>
      new StreamDecoder(conversation, sender, beginnings?.[sender] ?? beginning);
    this.#streams = { client: begin("client"), server: begin("server") };
  }

  /** How many bytes each end has sent. */
  lengthOf(sender: Role): number {
    return this.#streams[sender].length;
  }

  /** Takes the next chunk that `sender` has sent, and leaves it unchanged. `timeMs` is when it came, on any clock. */
  receive(sender: Role, bytes: Uint8Array, timeMs = 0): void {
    if (!(bytes instanceof Uint8Array)) throw new TypeError("a decoder takes Uint8Arrays");
    // A Buffer of Node's is a Uint8Array whose `slice` does not copy.
    const chunk = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#streams[sender].receive(chunk, { chunk: this.#chunks++, timeMs });
  }

  /** Takes the head of a request that was not among the bytes, for somebody else had read it from them. */
  insertRequest(head: Uint8Array<ArrayBuffer>, timeMs = 0): void {
    this.#streams.client.insertHead(head, timeMs);
  }
}

/** Decodes what each end has sent, all of it, into records in the order of the streams: the heads, the server's, the client's. */
export function decode(
  streams: { readonly client?: Uint8Array | undefined; readonly server?: Uint8Array | undefined },
  options: Omit<DecoderOptions, "onRecord"> = {},
): TraceRecord[] {
  checkStreams(streams);
  checkOptions("decode()", options, decodeTable);
  const records: TraceRecord[] = [];
  decodeInto(new Decoder({ ...options, onRecord: (record) => (records[record.id] = record) }), streams);
  return records;
}

/** Throws `TypeError` for what is not the bytes of each end. */
function checkStreams(streams: object): void {
  if (streams instanceof Uint8Array) refuse("decode() takes { client, server }, the bytes of each end", streams);
  checkOptions("decode()", streams, { client: "an object", server: "an object" });
  for (const [name, bytes] of Object.entries(streams) as [string, unknown][]) {
    if (bytes !== undefined && !(bytes instanceof Uint8Array)) refuse(`decode(): ${name} must be a Uint8Array`, bytes);
  }
}

/** Gives a decoder what each end has sent, in that order. */
export function decodeInto(
  decoder: Decoder,
  {
    client = EMPTY,
    server = EMPTY,
  }: { readonly client?: Uint8Array | undefined; readonly server?: Uint8Array | undefined },
): void {
  // The request tells what the answer answers, and the answer how the client's frames are to be read.
  const at = new HeadDecoder(client.length).take(client);
  if (at > 0) decoder.receive("client", client.subarray(0, at));
  if (server.length > 0) decoder.receive("server", server);
  if (at < client.length) decoder.receive("client", client.subarray(at));
}

function learn(conversation: Conversation, head: HeadRecord): void {
  if (head.message === "request") {
    conversation.requestKey = keyOf(head);
    conversation.offered = offeredIn(head);
  } else if (head.status === 101) {
    const value = fieldValue(head, "sec-websocket-extensions") ?? "";
    conversation.agreement = { extensions: parseExtensions(value) ?? [], offers: conversation.offered?.extensions };
  }
}

function count(name: string, value: number | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (value === Infinity || (Number.isSafeInteger(value) && value >= 0)) return value;
  throw new RangeError(`${name} must be a whole number of at least 0, or Infinity; it is ${String(value)}`);
}
