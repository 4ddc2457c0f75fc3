/** The two ends of a bridge: what FROM and TO name, and how to reach TO. */
import type { ByteTransport } from "../transports/byteTransport.ts";
import { DialError } from "../transports/dialError.ts";
import { dial } from "../transports/nodeDial.ts";
import { CommandError, UsageError } from "./failure.ts";
import { visible } from "./visible.ts";

/** Where to listen; `stdio:` has no place. */
export type From =
  | { readonly kind: "stdio" }
  | { readonly kind: "ws" | "http2" | "webrtc"; readonly host: string; readonly port: number; readonly path: string };

/** The server: for `ws:` and `wss:` its URL, for the others only where it listens. */
export interface To {
  readonly kind: "ws" | "tcp" | "unix";
  /** As the user wrote it. */
  readonly name: string;
  readonly url: URL;
  /** The path of a Unix domain socket. */
  readonly path?: string;
}

const FROM_FORMS = "ws://HOST:PORT/PATH, http2://HOST:PORT, webrtc:http://HOST:PORT/PATH or stdio:";
const TO_FORMS = "ws://HOST:PORT, wss://HOST, tcp:HOST:PORT or unix:PATH";

export function parseFrom(text: string): From {
  if (text === "stdio:" || text === "-") return { kind: "stdio" };
  const [, scheme, rest] = /^(ws|http2|webrtc:http):\/\/(.+)$/i.exec(text) ?? [];
  const url = scheme === undefined ? undefined : parsed(`http://${rest!}`);
  if (url === undefined || url.search !== "" || url.hash !== "" || url.username !== "") {
    throw new UsageError(`FROM is ${FROM_FORMS}, not ${visible(text)}`);
  }
  const kind = scheme!.toLowerCase();
  return {
    kind: kind === "ws" ? "ws" : kind === "http2" ? "http2" : "webrtc",
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? 80 : Number(url.port),
    path: url.pathname,
  };
}

export function parseTo(text: string): To {
  const [, scheme, rest] = /^(wss?|tcp|unix):(?:\/\/)?(.+)$/i.exec(text) ?? [];
  const kind = scheme?.toLowerCase();
  if (kind === "unix") return { kind, name: text, url: new URL("ws://localhost/"), path: rest! };
  const url = kind === undefined ? undefined : parsed(kind === "tcp" ? `ws://${rest!}` : text);
  // URL drops the default port 80, and tcp: has no default port.
  const isWhole = kind !== "tcp" || /:\d+$/.test(rest!);
  if (url === undefined || !isWhole) throw new UsageError(`TO is ${TO_FORMS}, not ${visible(text)}`);
  return { kind: kind === "tcp" ? "tcp" : "ws", name: `${kind!}://${url.host}`, url };
}

function parsed(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** Connects to the server, whose protocol is left to the other side. */
export async function reach(to: To, tls: object, signal: AbortSignal): Promise<ByteTransport> {
  if (to.path === undefined) return await dial(to.url, { signal, tls });
  try {
    return await dial(to.url, { signal, net: { path: to.path } });
  } catch (error) {
    if (!(error instanceof DialError)) throw error;
    const why = error.code === "refused" ? "nothing listens there" : "there is no such socket";
    throw new CommandError(`no connection to ${to.name}: ${why}`);
  }
}
