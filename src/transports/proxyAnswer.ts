/** Reads an HTTP proxy's answer to CONNECT from a socket, up to the end of its head (RFC 9110 §9.3.6). */
import { DialError } from "./dialError.ts";

/** The part of a socket that is used. */
interface Source {
  on(event: string, listener: (chunk: Uint8Array) => void): unknown;
  off(event: string, listener: (chunk: Uint8Array) => void): unknown;
  pause(): unknown;
  resume(): unknown;
  unshift(chunk: Uint8Array): unknown;
}

/** The largest head of a proxy's answer, in bytes; the default limit for a server's answer. */
const MAX_HEAD_BYTES = 16 * 1024;

/**
 * Calls `done` when the tunnel is open, or `fail` with the reason. Bytes after the head stay in the socket, which is
 * paused. Returns a function that stops reading.
 */
export function readProxyAnswer(
  socket: Source,
  proxy: string,
  server: string,
  done: () => void,
  fail: (error: DialError) => void,
): () => void {
  let text = "";
  const take = (chunk: Uint8Array): void => {
    // Latin-1, so that a character is a byte.
    for (const byte of chunk) text += String.fromCharCode(byte);
    for (;;) {
      const end = text.indexOf("\r\n\r\n") + 4;
      if (end < 4) {
        if (text.length > MAX_HEAD_BYTES) fail(answerError(proxy, `a head of more than ${MAX_HEAD_BYTES} bytes`));
        return;
      }
      const status = /^HTTP\/1\.[01] ([1-5][0-9]{2})(?: |\r)/.exec(text)?.[1];
      if (status === undefined) {
        fail(answerError(proxy, "something that is not HTTP"));
        return;
      }
      if (status.startsWith("1")) {
        text = text.slice(end); // RFC 9110 §15.2: interim answers may precede the final one
        continue;
      }
      stop();
      if (status.startsWith("2")) {
        const behind = Uint8Array.from(text.slice(end), (character) => character.charCodeAt(0));
        socket.pause();
        if (behind.length > 0) socket.unshift(behind);
        done();
      } else {
        fail(refusal(proxy, server, Number(status)));
      }
      return;
    }
  };
  const stop = (): void => void socket.off("data", take);
  socket.on("data", take);
  socket.resume();
  return stop;
}

function answerError(proxy: string, what: string): DialError {
  const message = `the proxy at ${proxy} answered CONNECT with ${what}: is it an HTTP proxy?`;
  return new DialError(message, { code: "proxyAnswer" });
}

function refusal(proxy: string, server: string, status: number): DialError {
  if (status === 407) {
    const advice = "put a valid user and password into its URL: http://user:password@host:port";
    return new DialError(`the proxy at ${proxy} asks for credentials (407): ${advice}`, {
      code: "proxyCredentials",
      status,
    });
  }
  const advice = status === 403 || status === 405 ? "see which hosts and ports it allows" : "see the proxy's own log";
  return new DialError(`the proxy at ${proxy} does not connect to ${server} (${status}): ${advice}`, {
    code: "proxyRefused",
    status,
  });
}
