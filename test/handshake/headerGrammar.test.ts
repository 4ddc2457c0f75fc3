/** RFC 9110 §5.6 and RFC 6455 §9.1: the grammar of header values, and how long reading them takes. */
import { describe, expect, test } from "vitest";
import { WSConnection } from "../../src/index.ts";
import {
  formatExtensions,
  isFieldValue,
  isToken,
  listElements,
  listHas,
  parseExtensions,
  parseTokens,
  trimSpace,
} from "../../src/handshake/headerGrammar.ts";
import { expectLinear } from "../support/linear.ts";
import { ascii, expectClosed, feed, pull } from "../support/wire.ts";
import { request } from "./heads.ts";

describe("RFC 9110 §5.6.2 tokens", () => {
  test("isToken accepts exactly the characters of a token", () => {
    const allowed = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (let code = 0; code < 0x180; code++) {
      const character = String.fromCharCode(code);
      expect(isToken(character), `U+${code.toString(16)}`).toBe(allowed.includes(character));
      expect(isToken(`a${character}a`), `U+${code.toString(16)} inside`).toBe(allowed.includes(character));
    }
    expect(isToken("")).toBe(false);
    expect(isToken("a\n")).toBe(false);
  });

  test("isFieldValue accepts exactly the characters of a value (§5.5)", () => {
    for (let code = 0; code < 0x180; code++) {
      const allowed = code === 9 || (code >= 0x20 && code <= 0x7e) || (code >= 0x80 && code <= 0xff);
      expect(isFieldValue(`a${String.fromCharCode(code)}`), `U+${code.toString(16)}`).toBe(allowed);
    }
    expect(isFieldValue("")).toBe(true);
  });

  test("trimSpace removes spaces and tabs, and nothing else", () => {
    expect(trimSpace(" \t a \t b\t ")).toBe("a \t b");
    expect(trimSpace(" \t ")).toBe("");
    expect(trimSpace("\u00a0a\u00a0")).toBe("\u00a0a\u00a0");
    expect(trimSpace("\va\f")).toBe("\va\f");
  });
});

describe("RFC 9110 §5.6.1 lists", () => {
  test.each([
    ["", []],
    [",", []],
    [" , ,\t,", []],
    ["a", ["a"]],
    ["a,b", ["a", "b"]],
    [" a ,\tb ", ["a", "b"]],
    [",a,,b,", ["a", "b"]],
    ["a b, c", ["a b", "c"]],
  ])("listElements %j", (value, elements) => {
    expect(listElements(value)).toEqual(elements);
  });

  test("listHas compares whole elements, case-insensitively", () => {
    expect(listHas("keep-alive, UpGrade", "upgrade")).toBe(true);
    expect(listHas("upgraded, no-upgrade, up grade", "upgrade")).toBe(false);
    expect(listHas("", "upgrade")).toBe(false);
  });

  test.each([
    ["a, b", ["a", "b"]],
    ["constructor, __proto__, toString", ["constructor", "__proto__", "toString"]],
    ["a, A", ["a", "A"]],
    ["a, a", undefined],
    ["__proto__, __proto__", undefined],
    ["a b", undefined],
    ['"a"', undefined],
    ["a;b", undefined],
    ["a/1", undefined],
    ["\u00e9", undefined],
  ])("parseTokens %j", (value, tokens) => {
    expect(parseTokens(value)).toEqual(tokens);
  });
});

describe("RFC 6455 §9.1 extensions", () => {
  const one = (name: string, ...parameters: [string, string?][]): object => ({ name, parameters });

  test.each<[string, object[]]>([
    // The specification's examples.
    ["foo", [one("foo")]],
    ["bar; baz=2", [one("bar", ["baz", "2"])]],
    ["foo, bar; baz=2", [one("foo"), one("bar", ["baz", "2"])]],
    ["deflate-stream", [one("deflate-stream")]],
    [
      "mux; max-channels=4; flow-control, deflate-stream",
      [one("mux", ["max-channels", "4"], ["flow-control"]), one("deflate-stream")],
    ],
    ["private-extension", [one("private-extension")]],
    // RFC 7692 §7.1.
    [
      "permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-deflate",
      [
        one("permessage-deflate", ["client_max_window_bits"], ["server_max_window_bits", "10"]),
        one("permessage-deflate"),
      ],
    ],
    ["a;b=c;d,e", [one("a", ["b", "c"], ["d"]), one("e")]],
    ["\t a ;\tb = c ; d\t,\te ", [one("a", ["b", "c"], ["d"]), one("e")]],
    ['a; b="c"', [one("a", ["b", "c"])]],
    ['a; b="\\c\\d"', [one("a", ["b", "cd"])]],
    ['a; b = "c" ; d', [one("a", ["b", "c"], ["d"])]],
    ["a; b; b=1; b", [one("a", ["b"], ["b", "1"], ["b"])]],
    ["a, a", [one("a"), one("a")]],
    [",, a ,, b ,", [one("a"), one("b")]],
    ["constructor; __proto__=toString", [one("constructor", ["__proto__", "toString"])]],
    ["__proto__; constructor, toString; toString", [one("__proto__", ["constructor"]), one("toString", ["toString"])]],
  ])("parseExtensions %j", (value, extensions) => {
    expect(parseExtensions(value)).toEqual(extensions);
  });

  test.each([
    "a b",
    "a; b c",
    "a;",
    "a;;b",
    "; a",
    "=",
    "a=b",
    "a; =b",
    "a; b=",
    "a; b==c",
    "a; b=c=d",
    "a; b=c d",
    '"a"',
    'a; "b"',
    'a; b="',
    'a; b="c',
    'a; b="c\\',
    'a; b="c\\"',
    // A quoted value must be a token once it is unquoted.
    'a; b=""',
    'a; b="c d"',
    'a; b="c,d"',
    'a; b="c;d"',
    'a; b="\\""',
    'a; b="\\\\"',
    'a; b="c"d',
    'a; b="c""d"',
    "a; b='c d'",
    "a/1",
    "(a)",
    "\u00e9",
    "a\u00a0",
    "a\n",
    "a\0",
  ])("parseExtensions refuses %j", (value) => {
    expect(parseExtensions(value)).toBeUndefined();
  });

  test("a comma in quotes separates nothing", () => {
    // Split at the comma, the second half would be the well-formed `d"` or the first one unclosed.
    expect(parseExtensions('a; b="c, d; e", f')).toBeUndefined();
    expect(parseExtensions('a; b="c", d; e="f"')).toEqual([one("a", ["b", "c"]), one("d", ["e", "f"])]);
  });

  test.each(["foo", "bar; baz=2", "a; b; c=1, d; e=2, a"])("formatExtensions writes what was read: %s", (value) => {
    expect(formatExtensions(parseExtensions(value)!)).toBe(value);
  });

  test("no input reaches the prototypes of objects", () => {
    parseExtensions("__proto__; polluted=1, constructor; prototype=polluted");
    parseTokens("__proto__, constructor");
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});

describe("time grows with the bytes and no faster", () => {
  test("work whose time grows with the square of its size is noticed", () => {
    const quadratic = (size: number) => (): string => {
      let text = "";
      for (let i = 0; i < size * size; i++) text = String(i);
      return text;
    };
    expect(() => expectLinear(quadratic, 96)).toThrow();
  });

  test.each<[string, (length: number) => string, (value: string) => unknown]>([
    ["an unclosed quoted string of backslashes", (n) => `a; b="${"\\c".repeat(n / 2)}`, parseExtensions],
    ["a closed quoted string of backslashes", (n) => `a; b="${"\\c".repeat(n / 2)}"`, parseExtensions],
    ["spaces between elements", (n) => `a,${" ".repeat(n)},b`, parseTokens],
    ["spaces within an element", (n) => `a${" ".repeat(n)}b`, parseTokens],
    ["spaces alone", (n) => " ".repeat(n), parseTokens],
    ["spaces around extensions", (n) => `a${" ".repeat(n)};b`, parseExtensions],
    ["commas", (n) => ",".repeat(n), parseExtensions],
    ["many extensions", (n) => "a;b,".repeat(n / 4), parseExtensions],
    ["many parameters", (n) => `a${";b=c".repeat(n / 4)}`, parseExtensions],
    ["many tokens", (n) => Array.from({ length: n / 8 }, (_, i) => `t${i}`).join(","), parseTokens],
    ["a long token", (n) => "a".repeat(n), parseTokens],
    ["spaces to trim", (n) => `${" ".repeat(n)}a${" ".repeat(n)}`, trimSpace],
  ])("%s", (_, make, parse) => {
    expectLinear((length) => {
      const value = make(length);
      return () => parse(value);
    }, 16 * 1024);
  });

  test("a header of up to 256 KB, one byte at a time", () => {
    const limits = { maxHeadBytes: Infinity, maxHeadLines: Infinity };
    expectLinear((length) => {
      const bytes = request(`+X-Large: ${"x".repeat(length)}`);
      return () => {
        const server = new WSConnection("server", { limits });
        let told = 0;
        for (let i = 0; i < bytes.length; i++) {
          server.receiveBytes(bytes.slice(i, i + 1));
          told += pull(server).length;
        }
        expect(told).toBe(1);
      };
    }, 16 * 1024);
  });

  test("a server refuses an unclosed quoted string of 64 KB", () => {
    const server = new WSConnection("server", { limits: { maxHeadBytes: Infinity } });
    const events = feed(server, request(`+Sec-WebSocket-Extensions: a; b="${"\\c".repeat(32 * 1024)}`));
    expect(expectClosed(events).error?.code).toBe("extensionsInvalid");
  });

  test("a server reads 32 KB of spaces in every list", () => {
    const server = new WSConnection("server", { limits: { maxHeadBytes: Infinity } });
    const space = " ".repeat(32 * 1024);
    const [event] = feed(
      server,
      request(
        `Upgrade: h2c,${space}websocket`,
        `Connection: a${space},${space}upgrade`,
        `+Sec-WebSocket-Protocol: a,${space}b`,
        `+Sec-WebSocket-Extensions: a${space};${space}b`,
      ),
    );
    expect(event).toMatchObject({
      type: "connectionRequested",
      subprotocols: ["a", "b"],
      extensions: [{ name: "a", parameters: [["b"]] }],
    });
  });

  test("a server can read a client's header of 1 MB", () => {
    const cookie = "x".repeat(1024 * 1024);
    const connection = new WSConnection("client", { host: "a", resource: "/", headers: { cookie } });
    const server = new WSConnection("server", { limits: { maxHeadBytes: Infinity } });
    const [event] = feed(server, connection.bytesToSend());
    expect(event?.type === "connectionRequested" && event.headers.get("cookie") === cookie).toBe(true);
    expect(feed(new WSConnection("server"), ascii("GET / HTTP/1.1\r\n"))).toEqual([]);
  });
});
