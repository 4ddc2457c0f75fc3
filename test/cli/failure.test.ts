/** How the command says what went wrong: in one line, and in its own words. */
import { expect, test } from "vitest";
import { complaint } from "../../src/cli/failure.ts";
import { WebSocketError } from "../../src/stream/webSocketError.ts";
import { DialError } from "../../src/transports/dialError.ts";

const refused = (headers: HeadersInit, body: string): string =>
  complaint(
    new WebSocketError("refused: 401", {
      rejection: { status: 401, statusText: "", headers: new Headers(headers), body: new TextEncoder().encode(body) },
    }),
  );

test("a refusal shows its body, also if ws calls that HTML, and of a web page only the title", () => {
  expect(refused({ "content-type": "text/html" }, "log in first")).toBe("refused: 401: log in first");
  expect(refused({ "content-type": "text/plain" }, "<no\r\nway\x1b[31m")).toBe("refused: 401: <no way\\x1b[31m");
  const page = "<html><title>My shop</title>";
  for (const headers of [{ "content-type": "text/html" }, {} as HeadersInit]) {
    expect(refused(headers, page)).toMatch(/: it answers with a web page, "My shop"; is the path of the URL right\?$/);
  }
});

test("a redirect shows where it leads", () => {
  expect(refused({ location: "https://else.example/\x7f" }, "<html>moved")).toBe(
    "refused: 401, to https://else.example/\\x7f: redirects are not followed",
  );
});

test("a dial's advice names the command's options, not those of the library", () => {
  const untrusted = "the certificate of h:1 is not trusted (X): pass its CA's certificate as tls.ca, or check the host";
  const inCommand = "the certificate of h:1 is not trusted (X): trust its CA with --ca FILE, or check the host";
  const error = new DialError(untrusted, { code: "certificate" });
  expect(complaint(error)).toBe(inCommand);
  expect(complaint(new WebSocketError("could not connect", { cause: error }))).toBe(inCommand);
  const late = new DialError("no connection to h:1 in 9 ms: no TCP connection; see the option timeoutMs", {
    code: "timedOut",
  });
  expect(complaint(late)).toBe("no connection to h:1 in 9 ms: no TCP connection");
});
