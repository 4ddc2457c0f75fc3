/** URLs and subprotocols of clients (WHATWG WebSockets §3.1), and the credentials in a URL (RFC 7617). */
import { describe, expect, test } from "vitest";
import { WSConnection } from "../../src/index.ts";
import { credentialsOf, parseProtocols, parseWebSocketURL, requestFor } from "../../src/stream/webSocketURL.ts";
import { feed } from "../support/wire.ts";

/** The `Authorization` header that a server receives for a URL. */
function authorizationOf(url: string, headers?: HeadersInit): string | null {
  const parsed = parseWebSocketURL(url);
  const given = headers === undefined ? {} : { headers };
  const options = { ...given, ...requestFor(parsed), ...credentialsOf(parsed, headers) };
  const client = new WSConnection("client", options);
  const [event] = feed(new WSConnection("server"), client.bytesToSend());
  if (event?.type !== "connectionRequested") throw new Error("the request is refused");
  expect([event.host, event.target]).toEqual([parsed.host, parsed.pathname + parsed.search]);
  return event.headers.get("authorization");
}

/** RFC 7617 §2, for text encoded as UTF-8. */
function basic(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

describe("credentials in a URL are sent at once, as Basic authorization", () => {
  test.each([
    ["ws://user:pass@host/", basic("user:pass")],
    ["wss://user:pass@host:8080/chat?x", basic("user:pass")],
    ["http://user:pass@host/", basic("user:pass")],
    ["ws://user@host/", basic("user:")],
    ["ws://user:@host/", basic("user:")],
    ["ws://:pass@host/", basic(":pass")],
    ["ws://a%40b:c%3Ad%2F%25@host/", basic("a@b:c:d/%")],
    ["ws://us%20er:p%C3%A4ss@host/", basic("us er:päss")],
    ["ws://usér:p☃ss@host/", basic("usér:p☃ss")],
    ["ws://100%:%zz%4@host/", basic("100%:%zz%4")],
    ["ws://a:b:c@host/", basic("a:b:c")],
    ["ws://a@b:c@host/", basic("a@b:c")],
    [`ws://user:${"x".repeat(1000)}@host/`, basic(`user:${"x".repeat(1000)}`)],
  ])("%s", (url, expected) => expect(authorizationOf(url)).toBe(expected));

  test("bytes that are not UTF-8 are sent unchanged", () => {
    expect(authorizationOf("ws://%ff:%00@host/")).toBe(`Basic ${btoa("\xff:\0")}`);
  });

  test.each(["ws://host/", "ws://@host/", "ws://:@host/", "ws://host/user:pass@", "ws://host/?user:pass@host"])(
    "%s has none",
    (url) => {
      expect(credentialsOf(new URL(url), { "X-A": "1" })).toEqual({});
      expect(authorizationOf(url)).toBeNull();
    },
  );

  test.each<[string, () => HeadersInit]>([
    ["an object", () => ({ authorization: "Bearer t" })],
    ["a list", () => [["AUTHORIZATION", "Bearer t"]]],
    ["Headers", () => new Headers({ Authorization: "Bearer t" })],
    ["an iterator", () => [["Authorization", "Bearer t"]].values() as never],
  ])("an Authorization header of the caller takes precedence: %s", (_, headers) => {
    const parsed = new URL("ws://user:pass@host/");
    const client = new WSConnection("client", { ...requestFor(parsed), ...credentialsOf(parsed, headers()) });
    const [event] = feed(new WSConnection("server"), client.bytesToSend());
    expect(event?.type === "connectionRequested" && event.headers.get("authorization")).toBe("Bearer t");
  });

  test.each<[string, () => HeadersInit]>([
    ["an object", () => ({ "X-A": "1", cookie: "a=1" })],
    [
      "a list",
      () => [
        ["X-A", "1"],
        ["Cookie", "a=1"],
      ],
    ],
    ["Headers", () => new Headers({ "X-A": "1", cookie: "a=1" })],
    [
      "an iterator",
      () =>
        [
          ["X-A", "1"],
          ["Cookie", "a=1"],
        ].values() as never,
    ],
  ])("other headers of the caller are kept: %s", (_, headers) => {
    const url = new URL("ws://user:pass@host/");
    const { headers: all } = credentialsOf(url, headers());
    expect([...new Headers(all)]).toEqual([
      ["authorization", basic("user:pass")],
      ["cookie", "a=1"],
      ["x-a", "1"],
    ]);
  });

  test("the URL itself matches the platform's", () => {
    expect(parseWebSocketURL("http://user:pass@host/").href).toBe("ws://user:pass@host/");
  });
});

describe("no error repeats its input, which may hold a secret", () => {
  test.each([
    "ws://user:s3cret@[::1/",
    "ws://user:s3cret@host:99999/",
    "//user:s3cret@host",
    "user s3cret",
    "ws://host/?token=s3cret#",
    "ws://user:s3cret@host/#top",
    "ftp://user:s3cret@host/",
    "s3cret:x@host/",
    "/chat?token=s3cret",
    "",
  ])("the URL %j", (url) => {
    expect(() => parseWebSocketURL(url)).toThrow(expect.objectContaining({ name: "SyntaxError" }));
    expect(() => parseWebSocketURL(url)).toThrow(/^(?![^]*s3cret)/);
  });

  test("it names the mistake", () => {
    expect(() => parseWebSocketURL("ws://[::1/")).toThrow(/not a URL/);
    expect(() => parseWebSocketURL("/chat")).toThrow(/not a URL, or it is relative/);
    expect(() => parseWebSocketURL("ftp://a/")).toThrow(/scheme must be ws, wss, http or https/);
    expect(() => parseWebSocketURL("ws://a/#b")).toThrow(/not have a fragment/);
  });

  test("subprotocols are identified by position", () => {
    expect(() => parseProtocols(["a", "s3cret/=="])).toThrow("subprotocol 2 is not a token (RFC 6455 §4.1)");
    expect(() => parseProtocols("s3 cret")).toThrow("subprotocol 1 is not a token (RFC 6455 §4.1)");
    expect(() => parseProtocols(["a", "b", "a"])).toThrow("subprotocol 3 is a duplicate");
    expect(() => parseProtocols(["a", "a"])).toThrow(expect.objectContaining({ name: "SyntaxError" }));
  });
});
