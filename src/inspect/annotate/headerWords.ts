/** Explains the lines of an opening handshake to readers who have not read the RFC. */

export interface Words {
  readonly explanation: string;
  readonly section: string;
}

const FETCH = "Fetch Standard §3.2";

/** By header name, in lower case. */
const HEADERS: Readonly<Record<string, Words>> = {
  host: {
    explanation: "Which host is meant, and perhaps the port: one server may be several.",
    section: "RFC 6455 §4.1",
  },
  upgrade: {
    explanation: "The protocol that the connection is to be changed to. It has to say websocket.",
    section: "RFC 6455 §4.1",
  },
  connection: {
    explanation:
      "Says that Upgrade is meant for this connection alone, and not for those that a proxy makes behind it.",
    section: "RFC 9110 §7.6.1",
  },
  "sec-websocket-key": {
    explanation:
      "16 random bytes in Base64. The server has to make its Sec-WebSocket-Accept of it, which shows that it speaks WebSocket. It is no secret, and no password.",
    section: "RFC 6455 §4.1",
  },
  "sec-websocket-version": {
    explanation:
      "The version of the protocol. 13 is the one of RFC 6455; a server answers 426 and its own to any other.",
    section: "RFC 6455 §4.1",
  },
  "sec-websocket-accept": {
    explanation:
      "The answer to the client's key: its SHA-1 hash with a fixed text, in Base64. A wrong one fails the connection.",
    section: "RFC 6455 §4.2.2",
  },
  "sec-websocket-protocol": {
    explanation:
      "Subprotocols: what the messages will mean. The client names those that it speaks, the one that it likes best first, and the server chooses one of them or none.",
    section: "RFC 6455 §1.9",
  },
  "sec-websocket-extensions": {
    explanation:
      "Extensions of the protocol, such as compression. The client offers, and the server answers with those that will be used.",
    section: "RFC 6455 §9.1",
  },
  origin: {
    explanation:
      "Which page asks, where a browser asks. A page can't lie here, so that a server can refuse pages of other sites. Programs can say what they like.",
    section: "RFC 6455 §10.2",
  },
  cookie: {
    explanation:
      "What the server has set before. Browsers send it with every WebSocket to that host, whichever page asks.",
    section: "RFC 6265 §5.4",
  },
  "set-cookie": { explanation: "What the client is to send back next time.", section: "RFC 6265 §5.2" },
  authorization: {
    explanation: "Who asks, and the proof of it. A page's WebSocket can't set it; programs can.",
    section: "RFC 9110 §11.6.2",
  },
  "www-authenticate": { explanation: "How the client should say who it is.", section: "RFC 9110 §11.6.1" },
  "user-agent": { explanation: "The program that asks.", section: "RFC 9110 §10.1.5" },
  server: { explanation: "The program that answers.", section: "RFC 9110 §10.2.4" },
  date: { explanation: "When the answer was made.", section: "RFC 9110 §6.6.1" },
  location: {
    explanation: "Where to ask instead. Browsers do not follow it for a WebSocket.",
    section: "RFC 9110 §10.2.2",
  },
  "retry-after": { explanation: "When to ask again.", section: "RFC 9110 §10.2.3" },
  "content-length": {
    explanation: "How many bytes the body has. An opening request has none.",
    section: "RFC 9110 §8.6",
  },
  "content-type": { explanation: "What the body is.", section: "RFC 9110 §8.3" },
  "transfer-encoding": {
    explanation: "How the body is divided. An opening request has none.",
    section: "RFC 9112 §6.1",
  },
  "accept-encoding": {
    explanation: "How a body might be compressed. It means nothing to the messages of a WebSocket.",
    section: "RFC 9110 §12.5.3",
  },
  "accept-language": { explanation: "Which languages the user reads.", section: "RFC 9110 §12.5.4" },
  "cache-control": { explanation: "No cache may answer this request, or keep the answer.", section: "RFC 9111 §5.2" },
  pragma: { explanation: "The same as Cache-Control, for very old caches.", section: "RFC 9111 §5.4" },
  "sec-fetch-dest": { explanation: "What the browser wants it for: a WebSocket.", section: FETCH },
  "sec-fetch-mode": { explanation: "In which way the browser asks: as for a WebSocket.", section: FETCH },
  "sec-fetch-site": { explanation: "Whether the page that asks is of the same site.", section: FETCH },
};

const OTHER: Words = {
  explanation:
    "A header that WebSocket gives no meaning to. It is the application's affair, or of something on the way.",
  section: "RFC 9110 §5",
};

export function explainHeader(key: string): Words {
  return Object.hasOwn(HEADERS, key) ? HEADERS[key]! : OTHER;
}

const DEFLATE_PARAMETERS: Readonly<Record<string, Words>> = {
  "permessage-deflate": {
    explanation:
      "Messages may be compressed with DEFLATE, each by itself or with the help of those before it. RSV1 marks them.",
    section: "RFC 7692 §7",
  },
  server_no_context_takeover: {
    explanation:
      "The server forgets what came before each message. It costs compression and saves memory on both sides.",
    section: "RFC 7692 §7.1.1.1",
  },
  client_no_context_takeover: {
    explanation:
      "The client forgets what came before each message. It costs compression and saves memory on both sides.",
    section: "RFC 7692 §7.1.1.2",
  },
  server_max_window_bits: {
    explanation: "How far back the server's compression may reach: 2 to this power, in bytes.",
    section: "RFC 7692 §7.1.2.1",
  },
  client_max_window_bits: {
    explanation:
      "How far back the client's compression may reach: 2 to this power, in bytes. Without a value a client says that it lets the server limit it.",
    section: "RFC 7692 §7.1.2.2",
  },
};

const OTHER_EXTENSION: Words = { explanation: "An extension, or a parameter of one.", section: "RFC 6455 §9.1" };

/** Explains an extension or one of its parameters, by name. */
export function explainExtension(name: string): Words {
  return Object.hasOwn(DEFLATE_PARAMETERS, name) ? DEFLATE_PARAMETERS[name]! : OTHER_EXTENSION;
}

export function explainStatus(status: number | undefined): string {
  if (status === undefined) return "This is no status line of HTTP, so the client fails the connection.";
  if (status === 101) {
    return "The server agrees: from the blank line on both sides speak WebSocket, and no longer HTTP.";
  }
  if (status < 200) return "An interim answer: the one that counts is still to come.";
  const why: Readonly<Record<number, string>> = {
    400: "the request broke the rules",
    401: "the client has to say who it is",
    403: "the client may not",
    404: "there is nothing at this path",
    408: "the request took too long",
    426: "the server speaks another version of WebSocket, or wants one at all",
    429: "the client asks too often",
    431: "the request's head is too large",
    500: "something went wrong at the server",
    502: "something went wrong behind the server",
    503: "the server has too much to do, or is being shut down",
  };
  if (status < 300) return "The server answers plain HTTP: it does not agree to a WebSocket, so the connection fails.";
  if (status < 400)
    return "The server points elsewhere. Browsers do not follow that for a WebSocket: the connection fails.";
  return `The server refuses: ${why[status] ?? (status < 500 ? "the request is at fault" : "the server is at fault")}.`;
}
