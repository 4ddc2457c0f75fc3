/** The opening handshake of each side, from the constructor to the open connection, with a browser's headers. */
import { randomBytes } from "../../src/connection/randomBytes.ts";
import { acceptFor } from "../../src/handshake/acceptKey.ts";
import { WSConnection } from "../../src/index.ts";
import type { Environment, Role, Side, Workload } from "./measure.ts";
import { LIMIT } from "./workloads.ts";

const HANDSHAKES = 100;

/** Sixteen zero bytes in Base64, and the accept value for them. */
const KEY = "AAAAAAAAAAAAAAAAAAAAAA==";
export const ACCEPT = "ICX+Yqv66kxgM0FcWaLWlFLwTAI=";

export const REQUEST = [
  "GET /chat?room=1 HTTP/1.1",
  "Host: example.com",
  "Connection: Upgrade",
  "Pragma: no-cache",
  "Cache-Control: no-cache",
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
  "Upgrade: websocket",
  "Origin: https://example.com",
  "Sec-WebSocket-Version: 13",
  "Accept-Encoding: gzip, deflate, br, zstd",
  "Accept-Language: en-US,en;q=0.9",
  `Sec-WebSocket-Key: ${KEY}`,
  "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
  "\r\n",
].join("\r\n");

export const RESPONSE = [
  "HTTP/1.1 101 Switching Protocols",
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Accept: ${ACCEPT}`,
  "Date: Mon, 23 Nov 2026 12:00:00 GMT",
  "\r\n",
].join("\r\n");

/** One handshake of a peer. Returns what it sent. */
export type Opening = (head: Uint8Array<ArrayBuffer>) => string;

/** Peers and what they need to open in either role. */
export function handshakeWorkloads(
  environment: Environment,
  peers: Readonly<Record<string, (role: Role) => Opening>>,
): Workload[] {
  return (["server", "client"] as const).map((role) => ({
    environment,
    workload: "handshake",
    role,
    kind: "open",
    bytes: (role === "server" ? REQUEST : RESPONSE).length,
    peerNames: [...Object.keys(peers), LIMIT],
    sides: (names) => {
      const others = names.filter((name) => name !== LIMIT).map((name) => [name, sideOf(role, peers[name]!(role))]);
      const limit = { [LIMIT]: sideOf(role, limitOf(role)) };
      const made = Object.fromEntries(others) as Record<string, Side>;
      return { ours: sideOf(role, ourOpening(role)), peers: { ...made, ...limit } };
    },
  }));
}

function sideOf(role: Role, open: Opening): Side {
  const head = new TextEncoder().encode(role === "server" ? REQUEST : RESPONSE);
  const sent = open(head.slice());
  const wanted = role === "server" ? `Sec-WebSocket-Accept: ${ACCEPT}` : "Sec-WebSocket-Key: ";
  if (!sent.toLowerCase().includes(wanted.toLowerCase())) throw new Error(`sent ${sent}`);
  // What is received belongs to the receiver.
  const heads = Array.from({ length: HANDSHAKES }, () => head.slice());
  return {
    prepare: () => heads.forEach((copy) => copy.set(head)),
    run() {
      for (const copy of heads) open(copy);
      return HANDSHAKES;
    },
  };
}

const decoder = new TextDecoder();

function ourOpening(role: Role): Opening {
  if (role === "server") {
    return (head) => {
      const server = new WSConnection("server");
      server.receiveBytes(head);
      for (const event of server.events()) if (event.type === "connectionRequested") server.accept(event);
      if (server.state !== "open") throw new Error(`the server is ${server.state}`);
      return decoder.decode(server.bytesToSend());
    };
  }
  // Drawn as usual, for the usual cost, then replaced, so that the answer is known in advance.
  const random = (bytes: Uint8Array<ArrayBuffer>): void => {
    randomBytes(bytes);
    bytes.fill(0);
  };
  return (head) => {
    const client = new WSConnection("client", { host: "example.com", resource: "/chat?room=1", random });
    const request = decoder.decode(client.bytesToSend());
    client.receiveBytes(head);
    for (const event of client.events()) if (event.type !== "connectionEstablished") throw new Error(event.type);
    if (client.state !== "open") throw new Error(`the client is ${client.state}`);
    return request;
  };
}

/** One digest, one head decoded and one encoded. */
function limitOf(role: Role): Opening {
  const encoder = new TextEncoder();
  return (head) => {
    const text = decoder.decode(head);
    const at = role === "server" ? text.indexOf("Sec-WebSocket-Key: ") + 19 : 0;
    const key = role === "server" ? text.slice(at, at + 24) : KEY;
    const accept = acceptFor(key);
    const sent = role === "server" ? RESPONSE.replace(ACCEPT, accept) : REQUEST;
    return decoder.decode(encoder.encode(sent));
  };
}
