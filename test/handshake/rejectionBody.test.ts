/** RFC 9112 §6, §7: the body of a rejection. https://www.rfc-editor.org/rfc/rfc9112#section-6 */
import { describe, expect, test } from "vitest";
import { RemoteProtocolError, type ConnectionRejected, type Limits, type WSEvent } from "../../src/index.ts";
import { ascii, everyByte, everyWay, expectClosed, feed, head, join, joined, pull, toHex } from "../support/wire.ts";
import { client, expectEndOfStream, response } from "./heads.ts";

/** The received body, as text, and whether it is finished. */
function bodyOf(events: readonly WSEvent[]): { text: string; finished: boolean } {
  const pieces = events.filter((event) => event.type === "rejectionData");
  expect(pieces.slice(0, -1).some((piece) => piece.finished)).toBe(false);
  return {
    text: new TextDecoder().decode(join(...pieces.map((piece) => piece.data))),
    finished: pieces.at(-1)?.finished ?? false,
  };
}

/** Expects that the answer has this body, in any split and with any bytes after it. */
function expectRejected(bytes: Uint8Array, status: number, body: string): ConnectionRejected {
  let rejected: ConnectionRejected | undefined;
  everyWay(
    () => client(),
    bytes,
    ({ connection, events, sent }) => {
      rejected = events[0] as ConnectionRejected;
      expect(rejected).toMatchObject({ type: "connectionRejected", status });
      expect(events.slice(1, -1).every((event) => event.type === "rejectionData")).toBe(true);
      expect(bodyOf(events)).toEqual({ text: body, finished: true });
      expectEndOfStream(connection, events);
      expect(sent).toHaveLength(0);
      connection.receiveBytes(response());
      connection.receiveBytes(null);
      expect(pull(connection), "nothing comes after the end").toEqual([]);
    },
  );
  return rejected!;
}

/** Expects that the answer, or its body, fails the connection, in any split. */
function expectMalformed(bytes: Uint8Array, code = "bodyMalformed", limits: Partial<Limits> = {}): void {
  everyWay(
    () => client({ limits }),
    bytes,
    ({ connection, events, sent }) => {
      const closed = expectClosed(events);
      expect(closed).toMatchObject({ code: 1006, reason: "", wasClean: false });
      expect(closed.error).toBeInstanceOf(RemoteProtocolError);
      expect(closed.error?.code).toBe(code);
      expect(closed.error?.section).toMatch(/^RFC 9112 §/);
      expect(bodyOf(events).finished).toBe(false);
      expect(sent).toHaveLength(0);
      expect(connection.state).toBe("closed");
    },
  );
}

const chunked = (...lines: string[]): Uint8Array =>
  join(head("HTTP/1.1 503 Service Unavailable", "Transfer-Encoding: chunked"), ascii(lines.join("\r\n")));

describe("RFC 6455 §4.1 a response other than 101 is reported", () => {
  test.each([
    [200, "OK"],
    [302, "Found"],
    [401, "Unauthorized"],
    [404, "Not Found"],
    [426, "Upgrade Required"],
    [503, "Service Unavailable"],
    [599, ""],
  ])("%d, with its headers and its body", (status, statusText) => {
    const bytes = join(
      head(
        `HTTP/1.1 ${status} ${statusText}`,
        "Location: /login",
        'WWW-Authenticate: Basic realm="x"',
        "Set-Cookie: a=1",
        "Set-Cookie: b=2",
        "Content-Length: 5",
      ),
      ascii("Hello"),
    );
    const rejected = expectRejected(bytes, status, "Hello");
    expect(rejected.statusText).toBe(statusText);
    expect(rejected.headers.get("location")).toBe("/login");
    expect(rejected.headers.get("www-authenticate")).toBe('Basic realm="x"');
    expect(rejected.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  });

  test("from a server that speaks HTTP/1.0", () => {
    const bytes = join(head("HTTP/1.0 404 Not Found", "Content-Length: 2"), ascii("no"));
    expect(expectRejected(bytes, 404, "no").statusText).toBe("Not Found");
  });

  test("without a reason", () => {
    expect(expectRejected(head("HTTP/1.1 404 ", "Content-Length: 0"), 404, "").statusText).toBe("");
  });

  test("state: rejecting while the body arrives, closed after it; nothing can be sent", () => {
    const connection = client();
    const [rejected] = feed(connection, head("HTTP/1.1 404 Not Found", "Content-Length: 5"));
    expect(rejected?.type).toBe("connectionRejected");
    expect(connection.state).toBe("rejecting");
    expect(connection.closed).toBe(false);
    expect(() => connection.sendData("x")).toThrow(expect.objectContaining({ code: "wrongState" }));
    expect(() => connection.close()).toThrow(expect.objectContaining({ code: "wrongState" }));
    expect(() => connection.sendRejectionData("x")).toThrow(expect.objectContaining({ name: "LocalProtocolError" }));
    expect(feed(connection, ascii("Hell")).map((event) => event.type)).toEqual(["rejectionData"]);
    expect(connection.state).toBe("rejecting");
    expectEndOfStream(connection, feed(connection, ascii("o")));
    expect(connection.bytesToSend()).toHaveLength(0);
  });

  test("a second response after the first is ignored", () => {
    const answer = head("HTTP/1.1 404 Not Found", "Content-Length: 0");
    const events = feed(client(), join(answer, answer, response()));
    expect(events.map((event) => event.type)).toEqual(["connectionRejected", "rejectionData", "connectionClosed"]);
  });
});

describe("§6.3 the length of the body", () => {
  test("Content-Length", () => {
    expectRejected(join(head("HTTP/1.1 403 Forbidden", "Content-Length: 3"), ascii("abc")), 403, "abc");
    expectRejected(head("HTTP/1.1 403 Forbidden", "content-length:0"), 403, "");
    expectRejected(join(head("HTTP/1.1 403 Forbidden", "Content-Length: 0003"), ascii("abc")), 403, "abc");
  });

  test.each([204, 304])("%d has none, whatever its headers say", (status) => {
    expectRejected(head(`HTTP/1.1 ${status} x`), status, "");
    expectRejected(head(`HTTP/1.1 ${status} x`, "Content-Length: 5"), status, "");
    expectRejected(head(`HTTP/1.1 ${status} x`, "Transfer-Encoding: chunked"), status, "");
  });

  test("without either header, until the stream ends", () => {
    const bytes = join(head("HTTP/1.1 404 Not Found", "Content-Type: text/plain"), ascii("Hello, world"));
    for (const cuts of [[], everyByte(bytes)]) {
      const connection = client();
      const events = feed(connection, bytes, cuts);
      expect(events[0]?.type).toBe("connectionRejected");
      expect(bodyOf(events)).toEqual({ text: "Hello, world", finished: false });
      expect(connection.state).toBe("rejecting");
      connection.receiveBytes(null);
      const last = pull(connection);
      expect(bodyOf([...events, ...last])).toEqual({ text: "Hello, world", finished: true });
      expectEndOfStream(connection, last);
      expect(pull(connection)).toEqual([]);
    }
  });

  test("without either header, and the stream ends at once", () => {
    const connection = client();
    connection.receiveBytes(head("HTTP/1.1 404 Not Found"));
    connection.receiveBytes(null);
    const events = pull(connection);
    expect(events.map((event) => event.type)).toEqual(["connectionRejected", "rejectionData", "connectionClosed"]);
    expect(bodyOf(events)).toEqual({ text: "", finished: true });
  });

  test.each([
    ["two different Content-Lengths", ["Content-Length: 1", "Content-Length: 2"]],
    ["two equal Content-Lengths", ["Content-Length: 1", "Content-Length: 1"]],
    ["two lengths in one line", ["Content-Length: 1, 1"]],
    ["a negative length", ["Content-Length: -1"]],
    ["a length with a sign", ["Content-Length: +1"]],
    ["a length in hex", ["Content-Length: 0x1"]],
    ["a length in hex digits", ["Content-Length: a"]],
    ["a length with a fraction", ["Content-Length: 1.0"]],
    ["a length with an exponent", ["Content-Length: 1e1"]],
    ["a length with a space in it", ["Content-Length: 1 1"]],
    ["an empty length", ["Content-Length:"]],
    ["a length beyond 2^53", ["Content-Length: 9007199254740993"]],
    ["a length beyond 2^64", ["Content-Length: 18446744073709551617"]],
    ["Content-Length and Transfer-Encoding", ["Content-Length: 5", "Transfer-Encoding: chunked"]],
    ["Transfer-Encoding and Content-Length", ["Transfer-Encoding: chunked", "Content-Length: 5"]],
    ["Transfer-Encoding twice", ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"]],
    ["chunked twice", ["Transfer-Encoding: chunked, chunked"]],
    ["another coding", ["Transfer-Encoding: gzip"]],
    ["another coding before chunked", ["Transfer-Encoding: gzip, chunked"]],
    ["identity", ["Transfer-Encoding: identity"]],
    ["something like chunked", ["Transfer-Encoding: xchunked"]],
    ["an empty coding", ["Transfer-Encoding:"]],
  ])("refused: %s", (_, lines) =>
    expectMalformed(join(head("HTTP/1.1 403 Forbidden", ...lines), ascii("1\r\na\r\n0\r\n\r\n"))),
  );

  test("the stream ends inside a body of known length: only the connection's end is reported", () => {
    const connection = client();
    const events = feed(connection, join(head("HTTP/1.1 403 Forbidden", "Content-Length: 6"), ascii("Hello")));
    connection.receiveBytes(null);
    events.push(...pull(connection));
    expect(bodyOf(events)).toEqual({ text: "Hello", finished: false });
    expect(expectClosed(events)).toMatchObject({ code: 1006, wasClean: false });
    expect(connection.state).toBe("closed");
  });
});

describe("§7.1 chunks", () => {
  test.each<[string, Uint8Array, string]>([
    ["none", chunked("0", "", ""), ""],
    ["one", chunked("5", "Hello", "0", "", ""), "Hello"],
    ["several", chunked("1", "H", "4", "ello", "7", ", world", "0", "", ""), "Hello, world"],
    [
      "sizes in hex of either case",
      chunked("a", "0123456789", "1B", "x".repeat(27), "0", "", ""),
      "0123456789" + "x".repeat(27),
    ],
    ["sizes with leading zeros", chunked("0005", "Hello", "000", "", ""), "Hello"],
    ["line breaks inside", chunked("7", "a\r\n0\r\n\r", "0", "", ""), "a\r\n0\r\n\r"],
    ["extensions", chunked("5;a", "Hello", '1;b=c;d="e;f"', "!", "0;g", "", ""), "Hello!"],
    ["space around the semicolon (RFC 9112 §7.1.1)", chunked("5 ; a = b", "Hello", "0", "", ""), "Hello"],
    ["trailers", chunked("5", "Hello", "0", "X-A: 1", "X-B: 2", "", ""), "Hello"],
  ])("%s", (_, bytes, body) => {
    expectRejected(bytes, 503, body);
    const whole = joined(feed(client(), bytes));
    for (const cut of everyByte(bytes)) expect(joined(feed(client(), bytes, [cut])), `cut at ${cut}`).toEqual(whole);
  });

  test("Transfer-Encoding in any case", () => {
    const bytes = join(head("HTTP/1.1 403 x", "TRANSFER-ENCODING: Chunked"), ascii("1\r\na\r\n0\r\n\r\n"));
    expectRejected(bytes, 403, "a");
  });

  test("data is delivered before its chunk is complete", () => {
    const events = feed(client(), chunked("ff", "Hello"));
    expect(bodyOf(events)).toEqual({ text: "Hello", finished: false });
  });

  test.each<[string, Uint8Array]>([
    ["no size", chunked("", "Hello", "0", "", "")],
    ["an extension without a size", chunked(";a", "Hello", "0", "", "")],
    ["a size that is not hex", chunked("g", "Hello", "0", "", "")],
    ["a size with 0x", chunked("0x5", "Hello", "0", "", "")],
    ["a negative size", chunked("-5", "Hello", "0", "", "")],
    ["a size with a sign", chunked("+5", "Hello", "0", "", "")],
    ["a space before the size", chunked(" 5", "Hello", "0", "", "")],
    ["a space behind the size", chunked("5 ", "Hello", "0", "", "")],
    ["a size with a fraction", chunked("5.0", "Hello", "0", "", "")],
    ["a size of 2^56", chunked("100000000000000", "Hello")],
    ["a size of 2^64", chunked("10000000000000000", "Hello")],
    ["a size of 2^64 and 5", chunked("10000000000000005", "Hello", "0", "", "")],
    ["data longer than announced", chunked("4", "Hello", "0", "", "")],
    ["data longer than announced, then a line", chunked("5", "Hello0", "", "")],
    ["data shorter than announced", chunked("7", "Hello", "0", "", "")],
    ["no line break behind the data", chunked("5", "Hello0\r\n", "")],
    ["an LF behind the data", join(chunked("5", "Hello"), ascii("\n0\r\n\r\n"))],
    ["a CR behind the data", join(chunked("5", "Hello"), ascii("\r0\r\n\r\n"))],
    ["an LF behind the size", join(chunked("5\nHello", "0", "", ""))],
    ["a CR inside the size line", chunked("5;a\rb", "Hello", "0", "", "")],
    ["an LF inside an extension", chunked("5;a\nb", "Hello", "0", "", "")],
    ["NUL inside an extension", chunked("5;a\0", "Hello", "0", "", "")],
    ["a line that is too long", chunked(`5;${"a".repeat(10_000)}`, "Hello", "0", "", "")],
    ["a line that is too long, zeros", chunked("0".repeat(10_000), "", "")],
    ["a line that never ends", chunked("5;" + "a".repeat(10_000))],
  ])("refused (h11 GHSA-vqfr-h8mv-ghfj): %s", (_, bytes) => expectMalformed(bytes));

  test.each<[string, string[]]>([
    ["a bare LF", ["X-A: 1\nX-B: 2", "", ""]],
    ["a bare CR", ["X-A: 1\rX-B: 2", "", ""]],
    ["no colon", ["X-A", "", ""]],
    ["a space before the colon", ["X-A : 1", "", ""]],
    ["a folded line", ["X-A: 1", " 2", "", ""]],
    ["NUL", ["X-A: \0", "", ""]],
  ])("refused in trailers: %s", (_, trailers) => expectMalformed(chunked("0", ...trailers), "headMalformed"));

  test("trailers respect the limits of a head", () => {
    const trailers = Array.from({ length: 20 }, (_, i) => `X-${i}: ${i}`);
    expectRejected(chunked("0", ...trailers, "", ""), 503, "");
    expectMalformed(chunked("0", ...trailers, "", ""), "headTooManyLines", { maxHeadLines: 10 });
    expectMalformed(chunked("0", ...trailers, "", ""), "headTooLarge", { maxHeadBytes: 100 });
    expectMalformed(chunked("0", "X-A: " + "a".repeat(20_000)), "headTooLarge");
  });

  test("the stream ends inside: only the connection's end is reported, at every byte", () => {
    const bytes = chunked("5;a", "Hello", "0", "X-A: 1", "", "");
    const start = head("HTTP/1.1 503 Service Unavailable", "Transfer-Encoding: chunked").length;
    for (let end = start; end < bytes.length; end++) {
      const connection = client();
      const events = feed(connection, bytes.subarray(0, end));
      connection.receiveBytes(null);
      events.push(...pull(connection));
      expect(bodyOf(events).finished, toHex(bytes.subarray(start, end))).toBe(false);
      expect(expectClosed(events)).toMatchObject({ code: 1006, wasClean: false });
      expect(connection.state).toBe("closed");
    }
  });
});

test("a response with an unreadable body is still reported, before the error", () => {
  const events = feed(client(), head("HTTP/1.1 503 Service Unavailable", "Content-Length: 1", "Content-Length: 2"));
  expect(events.map((event) => event.type)).toEqual(["connectionRejected", "connectionClosed"]);
  expect(expectClosed(events).error?.code).toBe("bodyMalformed");
});
