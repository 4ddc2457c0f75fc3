/** The client's side of the opening handshake over HTTP/1.1 (RFC 6455 §4.1). */
import type { ByteQueue } from "../core/byteQueue.ts";
import type { Bytes } from "../core/bytes.ts";
import type { ConnectionRejected, RejectionData } from "../core/events.ts";
import type { Limits } from "../core/limits.ts";
import {
  ACCEPT,
  ANSWER_CONNECTION,
  ANSWER_UPGRADE,
  ANSWER_VERSION,
  NO_UPGRADE,
  NOT_WEBSOCKET,
  STATUS_LINE,
  WRONG_ANSWER,
} from "../core/rules.ts";
import { violation } from "../core/violation.ts";
import { acceptFor, makeKey } from "./acceptKey.ts";
import { bodyReaderFor, type BodyPiece, type BodyReader } from "./bodyReader.ts";
import { HeadReader, type Head } from "./headReader.ts";
import { formatHead } from "./headWriter.ts";
import { isHost, listHas } from "./headerGrammar.ts";
import { offerFields, readAnswer, type Agreement, type OfferOptions } from "./negotiation.ts";

export interface RequestOptions extends OfferOptions {
  /** The `Host` header: a name or address, with the port unless it is the default. */
  readonly host: string;
  /** The path to request, in ASCII, optionally with a query. A leading `/` is added if missing. */
  readonly resource: string;
}

/** The server has accepted. */
interface Established extends Agreement {
  readonly type: "established";
  readonly head: Head;
}

export class ClientHandshake {
  /** The request; send it first. */
  readonly request: Bytes;
  readonly #options: RequestOptions;
  readonly #limits: Limits;
  readonly #key: string;
  readonly #head: HeadReader;
  #rejection: { readonly status: number; readonly head: Head } | undefined;
  #body: BodyReader | undefined;

  /** Throws `TypeError` if an option can't be sent. */
  constructor(options: RequestOptions, limits: Limits, random: (bytes: Uint8Array<ArrayBuffer>) => void) {
    const { host, resource } = options;
    if (typeof host !== "string" || !isHost(host)) {
      throw new TypeError("host must be a name or address, with an optional port");
    }
    if (typeof resource !== "string" || !/^[\x21-\x7e]*$/.test(resource) || resource.includes("#")) {
      throw new TypeError("resource must be a path with an optional query, in ASCII, without fragment");
    }
    this.#options = options;
    this.#limits = limits;
    this.#head = new HeadReader(limits, "status line");
    const offer = offerFields(options);
    this.#key = makeKey(random);
    const target = resource.startsWith("/") ? resource : `/${resource}`;
    this.request = formatHead(`GET ${target} HTTP/1.1`, [
      // RFC 9110 §7.2: send Host first.
      ["Host", host],
      ["Connection", "Upgrade"],
      ["Sec-WebSocket-Key", this.#key],
      ["Upgrade", "websocket"],
      ...offer,
    ]);
  }

  /** Reads the response, and the body of a rejection. Throws `RemoteProtocolError`. */
  read(input: ByteQueue): Established | ConnectionRejected | RejectionData | undefined {
    if (this.#rejection !== undefined) {
      const { status, head } = this.#rejection;
      this.#body ??= bodyReaderFor(status, head, this.#limits);
      return rejectionData(this.#body.read(input));
    }
    for (;;) {
      const head = this.#head.read(input);
      if (head === undefined) return undefined;
      const { status, statusText } = parseStatusLine(head.startLine);
      if (status === 101) return this.#establish(head);
      // RFC 9110 §15.2: any number of interim responses may precede the final one.
      if (status < 200) continue;
      this.#rejection = { status, head };
      return { type: "connectionRejected", status, statusText, headers: head.headers };
    }
  }

  /** The stream has ended. Returns the end of a rejection's body if that is how the body ends. */
  end(): RejectionData | undefined {
    return rejectionData(this.#body?.end());
  }

  #establish(head: Head): Established {
    if (!head.startLine.startsWith("HTTP/1.1 ")) throw violation(ANSWER_VERSION);
    if (head.one("upgrade", ANSWER_UPGRADE).toLowerCase() !== "websocket") {
      throw violation(ANSWER_UPGRADE, undefined, NOT_WEBSOCKET);
    }
    if (!listHas(head.list("connection", ANSWER_CONNECTION), "upgrade")) {
      throw violation(ANSWER_CONNECTION, undefined, NO_UPGRADE);
    }
    if (head.one("sec-websocket-accept", ACCEPT) !== acceptFor(this.#key)) {
      throw violation(ACCEPT, undefined, WRONG_ANSWER);
    }
    return { type: "established", head, ...readAnswer(this.#options, head) };
  }
}

function rejectionData(piece: BodyPiece | undefined): RejectionData | undefined {
  return piece === undefined ? undefined : { type: "rejectionData", ...piece };
}

/** RFC 9112 §4; the reason phrase may be missing. */
function parseStatusLine(line: string): { status: number; statusText: string } {
  const match = /^HTTP\/1\.[01] ([1-5][0-9]{2})(?: ([\t\x20-\x7e\x80-\xff]*))?$/.exec(line);
  if (match === null) throw violation(STATUS_LINE);
  return { status: Number(match[1]), statusText: match[2] ?? "" };
}
