/** `requestListener` in a server of Node's `http`, asked over TCP. */
import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { requestListener } from "../../src/transports/node.ts";

/** Sends a request to a server that answers with what it was asked, and returns the lines of the answer. */
async function answerTo(target: string, ...fields: readonly string[]): Promise<string[]> {
  const server = createServer(
    requestListener((request) => {
      const headers: [string, string][] = [
        ["Set-Cookie", "a=1"],
        ["Set-Cookie", "b=2"],
        ["X-URL", request.url],
        ["X-Cookie", request.headers.get("cookie") ?? ""],
      ];
      return new Response(null, { headers });
    }),
  );
  server.listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.end([`GET ${target} HTTP/1.1`, "Connection: close", ...fields, "", ""].join("\r\n"));
  return (await text(socket)).split("\r\n");
}

describe("requestListener", () => {
  test.each([
    ["/x?y", "http://example.com/x?y"],
    ["//other.example/x", "http://example.com//other.example/x"],
    ["http://other.example/x?y", "http://other.example/x?y"],
    ["HTTPS://other.example:8443", "https://other.example:8443/"],
    ["ws://other.example/", "http://other.example/"],
  ])("reads the target %s as the URL %s (RFC 9112 §3.2)", async (target, url) => {
    expect(await answerTo(target, "Host: example.com")).toContain(`x-url: ${url}`);
  });

  test.each([
    ["*", "example.com"],
    ["http://me:secret@other.example/", "example.com"],
    ["ftp://other.example/", "example.com"],
    ["/", "example.com/other?"],
    ["/", "me@example.com"],
  ])("answers 400 to the target %s with the host %s", async (target, host) => {
    expect((await answerTo(target, `Host: ${host}`))[0]).toBe("HTTP/1.1 400 Bad Request");
  });

  test("sends each Set-Cookie on a separate line (RFC 6265 §3)", async () => {
    const lines = await answerTo("/", "Host: example.com");
    expect(lines.filter((line) => /^set-cookie:/i.test(line))).toEqual(["set-cookie: a=1", "set-cookie: b=2"]);
  });

  test("joins cookies on several lines by a semicolon (RFC 6265 §5.4)", async () => {
    expect(await answerTo("/", "Host: example.com", "Cookie: a=1", "Cookie: b=2")).toContain("x-cookie: a=1; b=2");
  });
});
