/** Explains the lines of an opening handshake to readers who have not read the RFC. */

export interface Words {
  readonly explanation: string;
  readonly section: string;
}

const FETCH = "Fetch Standard §3.2";

/** By header name, in lower case. */
const HEADERS: Readonly<Record<string, Words>> = {
  host: {
    explanation: "The host that the client wants, and perhaps the port: one server can serve several.",
    section: "RFC 6455 §4.1",
  },
  upgrade: {
    explanation: "The protocol to switch to. It must be websocket.",
    section: "RFC 6455 §4.1",
  },
  connection: {
    explanation: "Says that Upgrade applies only to this connection, not to those that a proxy makes behind it.",
    section: "RFC 9110 §7.6.1",
  },
  "sec-websocket-key": {
    explanation:
      "16 random bytes in Base64. The server computes Sec-WebSocket-Accept from it to prove that it speaks WebSocket. It is neither a secret nor a password.",
    section: "RFC 6455 §4.1",
  },
  "sec-websocket-version": {
    explanation:
      "The version of the protocol: 13 is RFC 6455. A server answers any other with 426 and its own version.",
    section: "RFC 6455 §4.1",
  },
  "sec-websocket-accept": {
    explanation:
      "The answer to the client's key: the SHA-1 hash of the key and a fixed text, in Base64. A wrong one fails the connection.",
    section: "RFC 6455 §4.2.2",
  },
  "sec-websocket-protocol": {
    explanation:
      "Subprotocols: what the messages mean. The client lists those that it speaks, in order of preference. The server chooses one of them or none.",
    section: "RFC 6455 §1.9",
  },
  "sec-websocket-extensions": {
    explanation:
      "Extensions of the protocol, such as compression. The client offers some; the server answers with those that will be used.",
    section: "RFC 6455 §9.1",
  },
  origin: {
    explanation:
      "The origin of the page, set by the browser. A page can't forge it, so a server can refuse pages of other sites. Other programs can send any value.",
    section: "RFC 6455 §10.2",
  },
  cookie: {
    explanation:
      "Cookies that the server set before. Browsers send them with every WebSocket to that host, whichever page opens it.",
    section: "RFC 6265 §5.4",
  },
  "set-cookie": { explanation: "A cookie that the client should send next time.", section: "RFC 6265 §5.2" },
  authorization: {
    explanation: "The client's credentials. A page's WebSocket can't set this header; other programs can.",
    section: "RFC 9110 §11.6.2",
  },
  "www-authenticate": { explanation: "How the client should authenticate.", section: "RFC 9110 §11.6.1" },
  "user-agent": { explanation: "The program that sends the request.", section: "RFC 9110 §10.1.5" },
  server: { explanation: "The program that sends the response.", section: "RFC 9110 §10.2.4" },
  date: { explanation: "When the response was created.", section: "RFC 9110 §6.6.1" },
  location: {
    explanation: "The URL to use instead. Browsers do not follow it for a WebSocket.",
    section: "RFC 9110 §10.2.2",
  },
  "retry-after": { explanation: "When to try again.", section: "RFC 9110 §10.2.3" },
  "content-length": {
    explanation: "The length of the body in bytes. An opening request has no body.",
    section: "RFC 9110 §8.6",
  },
  "content-type": { explanation: "The type of the body.", section: "RFC 9110 §8.3" },
  "transfer-encoding": {
    explanation: "How the body is encoded. An opening request has no body.",
    section: "RFC 9112 §6.1",
  },
  "accept-encoding": {
    explanation: "Which compression the client accepts for a body. It does not affect WebSocket messages.",
    section: "RFC 9110 §12.5.3",
  },
  "accept-language": { explanation: "The languages that the user reads.", section: "RFC 9110 §12.5.4" },
  "cache-control": { explanation: "No cache may answer this request or store the response.", section: "RFC 9111 §5.2" },
  pragma: { explanation: "The same as Cache-Control, for very old caches.", section: "RFC 9111 §5.4" },
  "sec-fetch-dest": { explanation: "What the browser will use the response for: a WebSocket.", section: FETCH },
  "sec-fetch-mode": { explanation: "The mode of the request: a WebSocket.", section: FETCH },
  "sec-fetch-site": { explanation: "Whether the page is from the same site.", section: FETCH },
};

const OTHER: Words = {
  explanation: "A header without a meaning in WebSocket. It is for the application or a proxy.",
  section: "RFC 9110 §5",
};

export function explainHeader(key: string): Words {
  return Object.hasOwn(HEADERS, key) ? HEADERS[key]! : OTHER;
}

const DEFLATE_PARAMETERS: Readonly<Record<string, Words>> = {
  "permessage-deflate": {
    explanation: "Messages can be compressed with DEFLATE, alone or with earlier messages as context. RSV1 marks them.",
    section: "RFC 7692 §7",
  },
  server_no_context_takeover: {
    explanation:
      "The server compresses each message without the earlier ones. Saves memory on both sides; compresses less.",
    section: "RFC 7692 §7.1.1.1",
  },
  client_no_context_takeover: {
    explanation:
      "The client compresses each message without the earlier ones. Saves memory on both sides; compresses less.",
    section: "RFC 7692 §7.1.1.2",
  },
  server_max_window_bits: {
    explanation: "How far back the server's compression can refer: 2 to this power, in bytes.",
    section: "RFC 7692 §7.1.2.1",
  },
  client_max_window_bits: {
    explanation:
      "How far back the client's compression can refer: 2 to this power, in bytes. Without a value, the client lets the server choose a limit.",
    section: "RFC 7692 §7.1.2.2",
  },
};

const OTHER_EXTENSION: Words = { explanation: "An extension, or a parameter of one.", section: "RFC 6455 §9.1" };

/** Explains an extension or one of its parameters, by name. */
export function explainExtension(name: string): Words {
  return Object.hasOwn(DEFLATE_PARAMETERS, name) ? DEFLATE_PARAMETERS[name]! : OTHER_EXTENSION;
}

export function explainStatus(status: number | undefined): string {
  if (status === undefined) return "This is not an HTTP status line, so the client fails the connection.";
  if (status === 101) {
    return "The server agrees: after the blank line both sides speak WebSocket, not HTTP.";
  }
  if (status < 200) return "An interim response: the final one follows.";
  const why: Readonly<Record<number, string>> = {
    400: "the request broke the rules",
    401: "the client must authenticate",
    403: "the client is not allowed",
    404: "there is nothing at this path",
    408: "the request took too long",
    426: "the server requires WebSocket, or another version of it",
    429: "the client sends too many requests",
    431: "the request's head is too large",
    500: "an error occurred in the server",
    502: "an error occurred behind the server",
    503: "the server is overloaded or shutting down",
  };
  if (status < 300) return "The server answers with plain HTTP, not with a WebSocket, so the connection fails.";
  if (status < 400)
    return "The server redirects. Browsers do not follow that for a WebSocket, so the connection fails.";
  return `The server refuses: ${why[status] ?? (status < 500 ? "the error is in the request" : "the error is in the server")}.`;
}
