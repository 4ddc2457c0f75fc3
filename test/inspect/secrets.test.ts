/** Exports contain no credentials: secrets are planted in every kind of head, whole or cut at every byte. */
import { describe, expect, test } from "vitest";
import { WSConnection, type ConnectionOptions } from "../../src/index.ts";
import {
  annotate,
  decode,
  isSecretHeader,
  recordVector,
  redactRecord,
  redactSubprotocols,
  redactURL,
  replay,
  secretHeaders,
  tap,
  toHAR,
  toPcapng,
  type Capture,
  type Redaction,
  type TraceRecord,
  type Vector,
} from "../../src/inspect/index.ts";
import { ascii, head, hex, join, pull, type Bytes } from "../support/wire.ts";
import { client as clientOf, request, response } from "../handshake/heads.ts";
import { between } from "./captures.ts";

const SECRET = "Zq9kW7pT2xvB";
/** A part of it is too much. */
const PARTS = Array.from({ length: SECRET.length - 3 }, (_, at) => SECRET.slice(at, at + 4));

/** Called a million times, so `expect` is left out of it. */
function expectNone(text: string, where: string): void {
  const found = PARTS.find((part) => text.includes(part));
  if (found !== undefined) expect.fail(`${where} has ${found}\n${text.slice(0, 4000)}`);
}

function latin1Of(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}

function hexDecoded(text: string): string {
  let decoded = "";
  for (let at = 0; at < text.length; at += 2) decoded += String.fromCharCode(parseInt(text.slice(at, at + 2), 16));
  return decoded;
}

/** All text that somebody could read in JSON: as it is, out of hexadecimal, and out of Base64. */
function readable(json: unknown): string {
  const texts: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value === "string") {
      texts.push(value);
      if (/^([0-9a-f]{2})+$/.test(value)) texts.push(hexDecoded(value));
      if (/^[0-9A-Za-z+/]+={0,2}$/.test(value) && value.length % 4 === 0) texts.push(atob(value));
    } else if (value instanceof Uint8Array) {
      visit(latin1Of(value));
    } else if (typeof value === "object" && value !== null) {
      for (const name in value) {
        texts.push(name);
        visit(value[name as never]);
      }
    }
  };
  visit(json);
  return texts.join("\n");
}

function expectNoneInExports(capture: Capture): void {
  expectNone(readable(toHAR(capture)), "HAR");
  expectNone(latin1Of(toPcapng(capture)), "pcapng");
  const redaction: Redaction = { headers: isSecretHeader, tokens: true };
  const records = capture.records.map((record) => redactRecord(record, redaction));
  // One by one: no record knows of the others.
  expectNone(readable(records), "records");
  expectNone(readable(records.map((record) => annotate(record))), "annotations");
}

function expectNoneInVector(vector: Vector): void {
  expectNone(readable(vector), "vector");
  expect(vector.redacted).toBeUndefined();
  expect(replay(vector).differences).toEqual([]);
}

/** What a server's end records of these bytes, and then of the end of the stream. */
function expectNoneAtServer(bytes: Bytes): void {
  const connection = new WSConnection("server");
  const recording = recordVector(connection);
  const trace = tap(connection);
  connection.receiveBytes(bytes.slice());
  for (const event of connection.events()) if (event.type === "connectionRequested") connection.accept(event);
  connection.bytesToSend();
  connection.receiveBytes(null);
  pull(connection);
  expectNoneInExports(trace);
  expectNoneInVector(recording.vector());
}

/** What a client's end records of these bytes, the answer to its request. */
function expectNoneAtClient(bytes: Bytes, options: ConnectionOptions = {}): void {
  const given = { host: "server.example.com", resource: "/chat", random: exampleKey, ...options };
  const connection = new WSConnection("client", given);
  const recording = recordVector(connection, given);
  const trace = tap(connection);
  connection.bytesToSend();
  connection.receiveBytes(bytes.slice());
  connection.receiveBytes(null);
  pull(connection);
  expectNoneInExports(trace);
  expectNoneInVector(recording.vector());
}

/** Yields the beginnings that no earlier head had: most heads begin alike, and the same bytes have the same exports. */
function eachBeginningOnce(): (bytes: Bytes) => Iterable<Bytes> {
  const tried = new Set<string>();
  return function* (bytes) {
    const text = latin1Of(bytes);
    for (let end = 1; end < bytes.length; end++) {
      const beginning = text.slice(0, end);
      if (!tried.has(beginning)) yield bytes.subarray(0, end);
      tried.add(beginning);
    }
  };
}

const exampleKey = (bytes: Uint8Array): void => bytes.set(ascii("the sample nonce").subarray(0, bytes.length));

/** What is a token by its looks, wherever it is. */
const tokens = [
  `eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.${SECRET}`,
  `eyJh.${SECRET}.`,
  `eyJh.${SECRET}.${SECRET}.${SECRET}.${SECRET}`,
  `eyJh%2E${SECRET}%2e${SECRET}`,
  `eyJ0b2tlbiI6${SECRET}`,
  `Bearer ${SECRET}`,
  `bearer%20${SECRET}`,
  `Basic ${SECRET}==`,
  `ghp_${SECRET}`,
  `xoxb-1-${SECRET}`,
  `sk-proj-${SECRET}`,
];

/** URLs, and what else is put into a parameter, with a secret: percent-encoded once or more. */
const encodedURLs = [
  `https://h/?token=${SECRET}`,
  `https://h/?a=b&access_token=${SECRET}&c=d`,
  `/#id_token=${SECRET}`,
  `/;key=${SECRET}`,
  `https://me:${SECRET}@h/`,
  `https://${SECRET}@h`,
  `{"token":"${SECRET}"}`,
  `{"a":1,"apiKey" : "${SECRET}"}`,
  `token=${SECRET}`,
  `a=b&token=${SECRET}`,
].flatMap((text) => {
  const encoded = encodeURIComponent(text);
  return [encoded, encodeURIComponent(encodeURIComponent(encoded))];
});

/** Header lines with a secret, of a request or an answer. */
const lines: [string, ...string[]][] = [
  [`+Cookie: sid=${SECRET}`],
  [`+COOKIE:${SECRET}`],
  [`+Cookie: a=1; sid=${SECRET}; b=2`],
  ["+Cookie: a=1", `+Cookie: sid=${SECRET}`],
  ["+Cookie: a=1;", `+ sid=${SECRET}`],
  ["+Cookie: a=1;", `+\tsid=${SECRET}`],
  ["+Cookie: a=1;", "+ b=2;", `+ sid=${SECRET}`],
  ["+Cookie: a=1;", `+ http://a/?b=c: ${SECRET}`],
  [`+Cookie : sid=${SECRET}`],
  [`+Cookie\t: sid=${SECRET}`],
  [`+ Cookie: sid=${SECRET}`],
  ["+X-A: 1", `+ Cookie: sid=${SECRET}`],
  [`+Coo\0kie: sid=${SECRET}`],
  [`+Cookie\0: sid=${SECRET}`],
  [`+Coo kie: sid=${SECRET}`],
  [`+Cookie: sid=\0${SECRET}`],
  [`+Cook\u00efe: ${SECRET}`],
  [`+Cookie ${SECRET}`],
  [`+Cookie=${SECRET}`],
  [`+${SECRET}`],
  [`+: ${SECRET}`],
  [`+X-A: 1\rCookie: ${SECRET}`],
  [`+X-A: 1\nCookie: ${SECRET}`],
  [`+X-A: 1\n\rCookie: ${SECRET}`],
  [`+Set-Cookie: sid=${SECRET}; Path=/; HttpOnly`],
  [`+Set-Cookie: ${SECRET}`],
  [`+Set-Cookie: =${SECRET}`],
  [`+Set-Cookie: ;${SECRET}`],
  [`+Set-Cookie: "${SECRET}`],
  [`+Authorization: Basic ${SECRET}==`],
  [`+Authorization: ${SECRET}`],
  [`+Authorization: Digest username="a", response="${SECRET}"`],
  [`+Proxy-Authorization: Bearer ${SECRET}`],
  ...["X-Api-Key", "Api-Key", "ApiKey", "X-Goog-Api-Key", "Ocp-Apim-Subscription-Key"].map((name): [string] => [
    `+${name}: ${SECRET}`,
  ]),
  ...[
    "X-CSRF-Token",
    "X-CSRFToken",
    "X-XSRF-TOKEN",
    "CSRF",
    "X-Auth-Token",
    "DPoP",
    "X-Amzn-Oidc-Data",
    "X-Ms-Client-Principal",
    "X-Access-Token",
    "X-Amz-Security-Token",
  ].map((name): [string] => [`+${name}: ${SECRET}`]),
  ...["Private-Token", "X-Session-Id", "X-Client-Secret", "X-Hub-Signature", "X-Password", "Cookie2"].map(
    (name): [string] => [`+${name}: ${SECRET}`],
  ),
  [`+Referer: https://a.example/login?code=${SECRET}`],
  [`+Referer: https://me:${SECRET}@a.example/`],
  [`+Location: /next?a=1&access_token=${SECRET}`],
  [`+Location: https://a.example/#id_token=${SECRET}&b`],
  [`+Link: <https://a.example/?sig=${SECRET}>; rel=next, <https://b.example/?key=${SECRET}>`],
  [`+X-A: /?token=a, /?token=${SECRET}`],
  [`+X-A: /?token=a;${SECRET}`],
  [`+X-A: /?token=a ${SECRET}`],
  [`+X-A: token=${SECRET}`],
  [`+X-A: {"a":1,"token": "${SECRET}"}`],
  [`+Sec-WebSocket-Extensions: x; token=${SECRET}`],
  [`+Sec-WebSocket-Key: token=${SECRET}`],
  ["+Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", `+ Cookie: ${SECRET}`],
  [`+Forwarded: for="me:${SECRET}@a"`, `+Via: //${SECRET}@a`],
  [`+User-Agent: a ${tokens[0]}`],
  [`+Location: /login?next=${encodedURLs[0]}&a=b`],
];

const requests: string[][] = [
  ...lines,
  ...[
    `/chat?token=${SECRET}`,
    `/chat?a=1&access_token=${SECRET}&b=2`,
    `/chat?a=1;key=${SECRET}`,
    `/chat?auth=${SECRET};a`,
    `/chat?token=a=${SECRET}`,
    `/chat?TOKEN=${SECRET}`,
    `/chat?access%5Ftoken=${SECRET}`,
    `/chat?%74oken=${SECRET}`,
    `/chat?apiKey=${SECRET}`,
    ...[
      "authkey",
      "privatekey",
      "licensekey",
      "passcode",
      "creds",
      "pw",
      "psk",
      "oauth",
      "assertion",
      "SAMLResponse",
    ].map((name) => `/chat?${name}=${SECRET}`),
    `/chat?x-api-key=${SECRET}`,
    `/chat?X-Amz-Signature=${SECRET}&X-Amz-Credential=${SECRET}`,
    `/chat?sig=${SECRET}`,
    `/chat?jwt=${SECRET}`,
    `/chat?password=${SECRET}`,
    `/chat?client_secret=${SECRET}`,
    `/chat?sessionId=${SECRET}`,
    `/chat?ticket=${SECRET}`,
    `/chat?code=${SECRET}`,
    `/chat?user[token]=${SECRET}`,
    `/chat?token=%00\u00e9${SECRET}`,
    `/chat#token=${SECRET}`,
    `http://a.example?token=${SECRET}`,
    `ws://me:${SECRET}@a.example/`,
    `wss://${SECRET}@a.example/chat`,
    `http://me:p@ss:${SECRET}@a.example/chat`,
    `me:${SECRET}@a.example:443`,
    `/a ${SECRET}`,
    `/?token=a ${SECRET}`,
    `/?token=a b=${SECRET}`,
    ` /?a=b  ${SECRET} `,
    `/login?next=${encodedURLs[0]}&a=b`,
    `/chat/${tokens[0]}/a`,
  ].map((target) => [`=GET ${target} HTTP/1.1`]),
  [`=${SECRET}`],
  [`=${SECRET} HTTP/1.1`],
  [`=${SECRET} /chat HTTP/1.1`],
  [`=${SECRET}\t/chat HTTP/1.1`],
  [`= ${SECRET} /chat HTTP/1.1`],
  [`=nonsense ${SECRET}`],
  [`=nonsense /?token=${SECRET} HTTP/1.1`],
  [`=GET /chat ${SECRET}`],
  [`=GET /chat HTTP/${SECRET}`],
  [`=GET /chat HTTP/1.1 ${SECRET}`],
  [`=HTTP/1.1 ${SECRET} HTTP/1.1`],
  [`=GET /?token=${SECRET}`],
  [`=GET  /?token=${SECRET}  HTTP/1.1`],
  [`=POST /?token=${SECRET} HTTP/1.0`],
  [`=Cookie: ${SECRET}`],
  [`=\r\nGET /?token=${SECRET} HTTP/1.1`],
  [`Host: me:${SECRET}@a.example`],
  [`Host: ${SECRET}@a.example`],
  [`+Origin: https://me:${SECRET}@a.example`],
  [`+Sec-WebSocket-Protocol: chat, ${SECRET}`],
  [`+Sec-WebSocket-Protocol: ${SECRET}, chat, ${SECRET}`],
  [`+Sec-WebSocket-Protocol: chat,${SECRET} ,superchat`],
  ["+Sec-WebSocket-Protocol: bearer", `+Sec-WebSocket-Protocol: ${SECRET}`],
  ["+Sec-WebSocket-Protocol: bearer,", `+ ${SECRET}`],
  [`+Sec-WebSocket-Protocol : ${SECRET}`],
  [`+Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.${SECRET}, v4.channel.k8s.io`],
  [`+Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.sk-${SECRET}`],
  [`+Sec-WebSocket-Protocol: chat, eyJhbGciOiJIUzI1NiJ9.${SECRET}.${SECRET}`],
  [`+Sec-WebSocket-Protocol: ${SECRET}/${SECRET}+${SECRET}==`],
  [`+Sec-WebSocket-Protocol: "${SECRET}"`],
];

const answers: string[][] = [
  ...lines,
  [`+Sec-WebSocket-Protocol: ${SECRET}`],
  [`=HTTP/1.1 302 Found`, `+Location: https://a.example/?token=${SECRET}`, "+Content-Length: 0"],
  [`=HTTP/1.1 302 /?token=${SECRET}`],
  [`=HTTP/1.1 103 Early Hints\r\nSet-Cookie: ${SECRET}\r\n\r\nHTTP/1.1 101 Switching Protocols`],
  [`=HTTP/1.1 1O1 nonsense`, `+Set-Cookie: ${SECRET}`],
  [`=Set-Cookie: ${SECRET}`],
  [`=${SECRET} 101 Switching Protocols`],
  [`=HTTP/${SECRET}`],
  [`=HTTP/1.1 ${SECRET}`],
  [`=HTTP/1.1 101${SECRET}`],
  [`=HTTP/1.1 10 ${SECRET}`],
  [`=HTTP/1.1 302 ${tokens[0]}`],
  [`=nonsense\r\n\r\nHTTP/1.1 200 OK\r\nSet-Cookie: ${SECRET}`],
];

/** Bodies with trailers (RFC 9112 §7.1.2), or with what could be some. */
const bodies = [
  `0\r\nSet-Cookie: ${SECRET}\r\n\r\n`,
  `3\r\nabc\r\n0\r\nX-A: 1\r\nSet-Cookie: ${SECRET}\r\n\r\n`,
  `3;a=b\r\nabc\r\n00;c\r\nSet-Cookie : ${SECRET}\r\n\r\n`,
  `0\r\nSet-Cookie: a\r\n ${SECRET}\r\n\r\n`,
  `0\r\n${SECRET}\r\n\r\n`,
  `0\r\nX-A: 1\r\n\r\nSet-Cookie: ${SECRET}`,
  `3\r\nabcd\r\nSet-Cookie: ${SECRET}\r\n\r\n`,
  `x\r\nSet-Cookie: ${SECRET}\r\n\r\n`,
  `3;token=${SECRET}\r\nabc\r\n0\r\n\r\n`,
  `3 ; a ; b="${SECRET}"\r\nabc\r\n1;${SECRET}\r\nd\r\n0;${SECRET}\r\n\r\n`,
  `3 ${SECRET}\r\nabc\r\n0\r\n\r\n`,
  `3;a\r${SECRET}`,
  `3\nabc\n0\nSet-Cookie: ${SECRET}\n\n`,
];

describe("a request with a secret", () => {
  test.each(requests)("%j %j %j", (...changes: (string | undefined)[]) => {
    const bytes = request(...changes.filter((change) => change !== undefined));
    expectNoneInExports({ role: "server", records: decode({ client: bytes, server: response() }) });
    expectNoneInExports({ role: "client", records: decode({ client: bytes }, { handshake: "http1" }) });
    expectNoneAtServer(bytes);
  });

  const newBeginnings = eachBeginningOnce();
  test.each(requests)("cut at every byte: %j %j %j", (...changes: (string | undefined)[]) => {
    const bytes = request(...changes.filter((change) => change !== undefined));
    for (const beginning of newBeginnings(bytes)) expectNoneAtServer(beginning);
  });
});

describe("a secret by its looks, or in an encoded URL", () => {
  test.each([...tokens, ...encodedURLs])("%s", (text) => {
    for (const change of [`=GET /login?next=${text}&a=b HTTP/1.1`, `=GET /to/${text} HTTP/1.1`, `+X-A: a ${text}`]) {
      expectNoneInExports({ role: "server", records: decode({ client: request(change) }) });
      expectNoneAtServer(request(change));
    }
    expectNoneAtClient(response(`=HTTP/1.1 302 ${text}`, `+Location: /login?next=${text}`));
  });
});

describe("an answer with a secret", () => {
  const options = { subprotocols: ["bearer", SECRET] };
  const newBeginnings = eachBeginningOnce();

  test.each(answers)("%j %j %j", (...changes: (string | undefined)[]) => {
    const bytes = response(...changes.filter((change) => change !== undefined));
    expectNoneInExports({ role: "client", records: decode({ client: request(), server: bytes }) });
    expectNoneInExports({ role: "server", records: decode({ server: bytes }, { handshake: "http1" }) });
    expectNoneAtClient(bytes, options);
  });

  test.each(answers)("cut at every byte: %j %j %j", (...changes: (string | undefined)[]) => {
    const bytes = response(...changes.filter((change) => change !== undefined));
    for (const beginning of newBeginnings(bytes)) expectNoneAtClient(beginning, options);
  });

  test.each(bodies)("in a chunked body: %j", (body) => {
    const bytes = join(head("HTTP/1.1 503 Later", "transfer-encoding: Chunked"), ascii(body));
    expectNoneAtClient(bytes, options);
    for (const beginning of newBeginnings(bytes)) expectNoneAtClient(beginning, options);
  });
});

describe("a head that exceeds the limit", () => {
  const long = `+X-A: ${"a".repeat(65_536 - request("+X-A: ", "+Cookie: ").length - 4)}`;

  test.each([0, 2, 6, 9, 12, 100])("with a secret that starts %i bytes after the limit, or before it", (shift) => {
    for (const padding of ["", "b".repeat(shift)]) {
      const bytes = request(long.slice(0, long.length - (padding === "" ? shift : 0)) + padding, `+Cookie: ${SECRET}`);
      expectNoneInExports({ role: "server", records: decode({ client: bytes }) });
      expectNoneAtServer(bytes);
    }
    const behind = request(long, "+X-B: b", `+Cookie: ${SECRET}`, `+${SECRET}`);
    expectNoneInExports({ role: "server", records: decode({ client: behind }) });
  });

  test("and one that its receiver accepts as whole is redacted and replayed like any other", () => {
    const limits = { maxHeadBytes: Infinity };
    const connection = new WSConnection("server", { limits });
    const recording = recordVector(connection, { limits });
    connection.receiveBytes(join(request(long, long, `+Cookie: ${SECRET}`), hex("81 85 00*4 48 65 6c 6c 6f")));
    for (const event of connection.events()) if (event.type === "connectionRequested") connection.accept(event);
    expectNoneInVector(recording.vector());
    expect(replay(recording.vector()).events.at(-1)).toMatchObject({ type: "textReceived", data: "Hello" });
  });
});

describe("a conversation between two of our ends", () => {
  const options: ConnectionOptions = {
    host: "a.example",
    resource: `/chat?room=1&token=${SECRET}`,
    subprotocols: ["bearer", "hunter2", "chat", SECRET, `${SECRET}1`, "v1.json"],
    headers: [
      ["Cookie", `sid=${SECRET}`],
      ["Authorization", `Basic ${SECRET}==`],
      ["Cookie", `b=${SECRET}`],
      ["X-Api-Key", ` ${SECRET} `],
      ["Referer", `https://a.example/?code=${SECRET}`],
    ],
  };

  test.each(["chat", "hunter2", SECRET, `${SECRET}1`, undefined])("with the subprotocol %s", (subprotocol) => {
    const connection = new WSConnection("client", options);
    const other = new WSConnection("server");
    const recordings = [recordVector(connection, options), recordVector(other)];
    const traces = [tap(connection), tap(other)];
    other.receiveBytes(connection.bytesToSend());
    for (const event of other.events()) {
      if (event.type !== "connectionRequested") continue;
      other.accept(event, { subprotocol, headers: { "Set-Cookie": `sid=${SECRET}; Path=/` } });
    }
    connection.receiveBytes(other.bytesToSend());
    pull(connection);
    between(connection, other).carry();
    for (const trace of traces) {
      expectNoneInExports(trace);
      for (const text of [readable(toHAR(trace)), latin1Of(toPcapng(trace))]) {
        expect(text).not.toContain("hunter2");
        expect(text).toContain("chat");
        expect(text).toContain("v1.json");
        expect(text).toContain("room=1");
      }
    }
    for (const recording of recordings) {
      const vector = recording.vector();
      expectNoneInVector(vector);
      expect(readable(vector)).not.toContain("hunter2");
      expect(replay(vector).connection.state).toBe("open");
    }
  });

  test("a rejection with a secret, and a request that was parsed elsewhere", () => {
    const connection = new WSConnection("server");
    const recording = recordVector(connection);
    const trace = tap(connection);
    const headers: [string, string][] = [
      ["Host", "a.example"],
      ["Upgrade", "websocket"],
      ["Connection", "Upgrade"],
      ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
      ["Sec-WebSocket-Version", "13"],
      ["Sec-WebSocket-Protocol", `access_token, ${SECRET}`],
      ["cookie", SECRET],
    ];
    connection.receiveRequest({ method: "GET", target: `/?key=${SECRET}`, headers });
    const [event] = pull(connection);
    connection.reject(event as never, {
      status: 302,
      headers: { Location: `/?ticket=${SECRET}`, "Set-Cookie": SECRET },
    });
    connection.bytesToSend();
    expectNoneInExports(trace);
    expectNoneInVector(recording.vector());
  });

  test("frames after a request that was parsed elsewhere are unchanged", () => {
    const connection = new WSConnection("server");
    const recording = recordVector(connection);
    const { headers } = pullRequest(request(`+Cookie: ${SECRET}`));
    connection.receiveRequest({ method: "GET", target: "/", headers });
    for (const event of connection.events()) if (event.type === "connectionRequested") connection.accept(event);
    connection.receiveBytes(hex("81 85 00*4 48 65 6c 6c 6f"));
    pull(connection);
    const vector = recording.vector();
    expectNoneInVector(vector);
    expect(replay(vector).events.at(-1)).toMatchObject({ type: "textReceived", data: "Hello" });
  });
});

function pullRequest(bytes: Bytes): { headers: Headers } {
  const connection = new WSConnection("server");
  connection.receiveBytes(bytes);
  return pull(connection)[0] as never;
}

describe("redaction keeps structure and length", () => {
  const redaction: Redaction = { headers: isSecretHeader, tokens: true };
  const shown = (bytes: Bytes): string => {
    const [record] = decode({ client: bytes }, { handshake: "http1" });
    const redacted = redactRecord(record as TraceRecord & { kind: "head" }, redaction);
    expect(redacted.bytes).toHaveLength(bytes.length);
    return latin1Of(redacted.bytes);
  };

  test("of a request", () => {
    const bytes = request(
      "=GET /chat?room=1&token=a%20b&x=/y HTTP/1.1",
      '+Cookie: a=1; sid="2"',
      "+Authorization: Basic dXNl==",
      "+X-Custom: kept",
      "+Referer: https://me:pw@b.example/?code=12",
    );
    expect(shown(bytes).split("\r\n")).toEqual([
      "GET /chat?room=1&token=xxxxx&x=/y HTTP/1.1",
      "Host: server.example.com",
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Version: 13",
      'Cookie: x=x; xxx="x"',
      "Authorization: xxxxx xxxx==",
      "X-Custom: kept",
      "Referer: https://xx:xx@b.example/?code=xx",
      "",
      "",
    ]);
  });

  test("of invalid lines: their names are shown if they have any", () => {
    const bytes = request("+Cookie : a", "+X-A: 1", "+ b", "+Cookie: c", "+ d=e", "+X\0Y: f", "+no colon", "+: g");
    expect(shown(bytes).split("\r\n").slice(6)).toEqual([
      "Cookie : x",
      "X-A: 1",
      " b",
      "Cookie: x",
      " x=x",
      "x\0x: x",
      "xx xxxxx",
      ": x",
      "",
      "",
    ]);
  });

  test("of non-ASCII text: it stays non-ASCII", () => {
    const bytes = join(request().subarray(0, -2), ascii("Cookie: "), hex("e9 c3 a9"), ascii("\r\n\r\n"));
    expect(shown(bytes)).toContain("Cookie: \xf8\xf8\xf8\r\n");
  });

  test("other text is not changed", () => {
    const bytes = request(
      "=GET /keys/token?page=2&room=550e8400-e29b-41d4-a716-446655440000&monkey=1&author=me HTTP/1.1",
      "+User-Agent: Mozilla/5.0 (X11; Linux x86_64)",
      "+Accept-Encoding: gzip, deflate, br",
      "+Cache-Control: no-cache",
      "+Keep-Alive: timeout=5",
      "+Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
      "+Access-Control-Allow-Headers: authorization, x-token",
      "+Access-Control-Allow-Credentials: true",
      '+WWW-Authenticate: Basic realm="a"',
      "+X-Email: someone at example.com, or /someone@example.com",
      "+X-Monkey: 1",
    );
    expect(shown(bytes)).toBe(latin1Of(bytes));
  });

  test("subprotocols with common names do not count as tokens", () => {
    const names = [
      "graphql-transport-ws",
      "graphql-ws",
      "v12.stomp",
      "mqtt",
      "mqttv3.1",
      "wamp.2.json",
      "wamp.2.msgpack.batched",
      "ocpp1.6",
      "ocpp2.0.1",
      "json.reliable.webpubsub.azure.v1",
      "actioncable-v1-json",
      "actioncable-unsupported",
      "v4.channel.k8s.io",
      "base64.channel.k8s.io",
      "chat",
      "superchat",
      "soap",
      "xmpp",
      "sip",
      "binary",
      "base64",
      "base64url",
      "realtime",
      "openai-beta.realtime-v1",
      "com.microsoft.minecraft.wsencrypt",
      "janus-protocol",
      "aws-appsync-event-ws",
      "phoenix",
      "AMQPWSB10",
      "vite-hmr",
      "webrtc-signaling-v2",
      "x-kaazing-handshake",
      "permessage.encoded.utf16le",
      "urn:x-cast",
      "graphqlTransport",
      "HTML5",
    ];
    expect(redactSubprotocols(names)).toEqual(names);
  });

  test.each([
    "auth-hunter2",
    "auth.ab",
    "bearer.hunter",
    "bearerhunter",
    "bearer-x",
    "base64url.bearer.authorization.k8s.io.abcd",
    "token-abc",
    "x.api-key.abc",
    "eyJh.abc.def",
    "password:abc",
  ])("the subprotocol %s is a token", (token) => {
    expect(redactSubprotocols(["chat", token, "chat2"])).toEqual(["chat", token.replace(/[^:]/g, "x"), "chat2"]);
  });

  test.each(["authorization", "bearer", "base64url.bearer.authorization", "access_token", "apiKey"])(
    "a subprotocol behind %s is a token",
    (name) => {
      const [, token, next] = redactSubprotocols([name, "hunter", "chat"]);
      expect([token, next]).toEqual(["xxxxxx", "chat"]);
    },
  );

  test("thousands of tokens get different names, in linear time", () => {
    const offered = (count: number): string[] =>
      Array.from({ length: count }, (_, i) => `a1b2c3d4${i.toString(36).padStart(4, "0")}`);
    expect(new Set(redactSubprotocols(offered(20_000))).size).toBe(20_000);
  });

  test("subprotocols that are tokens get different names, the same one each time", () => {
    const tokens = [SECRET, SECRET, SECRET.replace("Z", "Y"), `${SECRET}=/`, "550e8400-e29b-41d4-a716-446655440000"];
    const redacted = redactSubprotocols(["chat", ...tokens]);
    expect(redacted).toEqual([
      "chat",
      "x".repeat(12),
      "x".repeat(12),
      "xxxxxxxxxxx1",
      "xxxxxxxxxxxx=/",
      "x".repeat(36),
    ]);
  });

  test.each(secretHeaders)("the header %s is secret", (name) => {
    expect(isSecretHeader(name)).toBe(true);
    expect(isSecretHeader(name.toUpperCase())).toBe(true);
  });

  test("URLs", () => {
    expect(redactURL("wss://user:pass@host:1/a?token=b&c=d#access_token=e")).toBe(
      "wss://xxxx:xxxx@host:1/a?token=x&c=d#access_token=x",
    );
    expect(redactURL("/a?b")).toBe("/a?b");
  });

  test("if a key is hidden, its answer is hidden too", () => {
    const records = decode({ client: request(), server: response() });
    const hidden = records.map((record) => redactRecord(record, { headers: ["Sec-WebSocket-Key"] }));
    expect(readable(hidden)).not.toContain("dGhlIHNhbXBsZSBub25jZQ==");
  });
});

describe("the redaction options are followed", () => {
  const bytes = request(`=GET /?token=tttttt HTTP/1.1`, "+Cookie: cccccc", "+X-Api-Key: kkkkkk", "+X-A: aaaaaa");
  const has = (redact: Redaction): string => {
    const text = readable(toHAR({ role: "client", records: decode({ client: bytes }) }, { redact }));
    return ["tttttt", "cccccc", "kkkkkk", "aaaaaa"].filter((value) => text.includes(value)).join(" ");
  };

  test("listed headers, in place of the default ones", () => {
    expect(has({})).toBe("aaaaaa");
    expect(has({ headers: ["X-A"] })).toBe("cccccc kkkkkk");
    expect(has({ headers: [] })).toBe("cccccc kkkkkk aaaaaa");
    expect(has({ headers: (name) => name === "cookie" || name === "x-a" })).toBe("kkkkkk");
    expect(has({ tokens: false })).toBe("tttttt aaaaaa");
    expect(has({ headers: [], tokens: false })).toBe("tttttt cccccc kkkkkk aaaaaa");
  });

  test("also in a vector", () => {
    const connection = new WSConnection("server");
    const recording = recordVector(connection);
    connection.receiveBytes(bytes.slice());
    pull(connection);
    const open = readable(recording.vector({ headers: [], tokens: false }));
    for (const value of ["tttttt", "cccccc", "kkkkkk", "aaaaaa"]) expect(open).toContain(value);
    expect(readable(recording.vector({ tokens: false }))).toContain("tttttt");
    expect(readable(recording.vector())).not.toContain("tttttt");
  });

  test("a trace redacts nothing else", () => {
    const trace = (redact?: Redaction): string => {
      const connection = new WSConnection("server");
      const recorded = tap(connection, redact === undefined ? {} : { redact });
      connection.receiveBytes(bytes.slice());
      pull(connection);
      return readable([recorded.records, recorded.closed]);
    };
    expect(trace()).toContain("tttttt");
    expect(trace({ headers: ["cookie"] })).toContain("tttttt");
    expect(trace({ headers: ["cookie"] })).not.toContain("cccccc");
    expect(trace({ tokens: true })).not.toContain("tttttt");
    expect(trace({ tokens: true })).toContain("cccccc");
    expect(trace({ headers: isSecretHeader, tokens: true })).not.toMatch(/tttttt|cccccc|kkkkkk/);
  });

  test("a body is not even kept if it has trailers", () => {
    const connection = clientOf();
    const trace = tap(connection, { redact: { headers: secretHeaders } });
    const answer = join(head("HTTP/1.1 503 Later", "Transfer-Encoding: chunked"), ascii(bodies[1]!));
    for (const byte of answer) {
      connection.receiveBytes(Uint8Array.of(byte));
      expectNone(readable(trace.records), "records");
    }
    expect(latin1Of((trace.records.at(-1) as { bytes: Bytes }).bytes)).toContain("abc");
  });
});
