/**
 * RFC 9112 §3.2: the target of a request, and the URL that it stands for.
 * https://www.rfc-editor.org/rfc/rfc9112#section-3.2
 */
import { describe, expect, test } from "vitest";
import { parseTarget, requestURL } from "../../src/handshake/requestTarget.ts";

const host = "example.com:8080";

describe("§3.2.1 origin form", () => {
  test.each([
    ["/", "ws://example.com:8080/"],
    ["/chat?x=1&y=/?", "ws://example.com:8080/chat?x=1&y=/?"],
    ["//chat", "ws://example.com:8080//chat"],
    ["/?http://other.example", "ws://example.com:8080/?http://other.example"],
    ["/@other.example", "ws://example.com:8080/@other.example"],
  ])("%s is completed by the host", (target, url) => {
    expect(requestURL(target, host)?.href).toBe(url);
    expect(requestURL(target, host, true)?.href).toBe(url.replace("ws:", "wss:"));
    expect(parseTarget(target)).toEqual({ scheme: undefined, authority: undefined, resource: target });
  });

  test.each(["a.example:x", "a.example:65536", "[::1", "1.2.3.4.5", "%zz"])("an invalid host: %s", (other) => {
    expect(requestURL("/", other)).toBeUndefined();
  });
});

describe("§3.2.2 absolute form", () => {
  test.each([
    ["http://a.example/chat?x=1", "ws", "a.example", "/chat?x=1"],
    ["https://a.example/chat?x=1", "wss", "a.example", "/chat?x=1"],
    ["ws://a.example/", "ws", "a.example", "/"],
    ["wss://a.example/", "wss", "a.example", "/"],
    ["WSS://A.EXAMPLE:1/A", "wss", "A.EXAMPLE:1", "/A"],
    ["http://a.example", "ws", "a.example", "/"],
    ["http://a.example?", "ws", "a.example", "/?"],
    ["http://a.example?x=http://b", "ws", "a.example", "/?x=http://b"],
    ["http://[::1]:80/", "ws", "[::1]:80", "/"],
  ] as const)("%s is complete, whatever the host and the transport", (target, scheme, authority, resource) => {
    expect(parseTarget(target)).toEqual({ scheme, authority, resource });
    const url = new URL(`${scheme}://${authority}${resource}`);
    for (const encrypted of [false, true]) expect(requestURL(target, host, encrypted)).toEqual(url);
    expect(requestURL(target, "no host:x")).toEqual(url);
  });

  test.each([
    "http://",
    "http:///",
    "http://?x",
    "http:/a",
    "http:a",
    "http//a",
    "://a/",
    "ftp://a/",
    "httpss://a/",
    "shttp://a/",
    "me@a.example",
    "http://me@a.example/",
    "http://me:pw@a.example/",
    "http://a.example\\@b/",
    "http://a.example:x/",
    "http://[::1/",
    "http://a b/",
    "http://a.example/#top",
    "http://a.example/\u00e9",
    "/\x7f",
    "/a#b",
    "*",
    "a.example:443",
    "",
  ])("%s is not a valid target", (target) => {
    expect([parseTarget(target), requestURL(target, host)]).toEqual([undefined, undefined]);
  });
});
