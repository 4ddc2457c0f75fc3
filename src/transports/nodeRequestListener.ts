/** Lets a function from `Request` to `Response` answer the requests of a server of Node's `http`. */
import { requireKind } from "../core/options.ts";
import { headersOf } from "../handshake/headReader.ts";
import { requestURL } from "../handshake/requestTarget.ts";
import { ignore } from "./ignore.ts";
import { report, warn } from "./warn.ts";

/**
 * The part of an `http.IncomingMessage` that is used.
 *
 * @see {@link requestListener}
 */
export interface NodeIncomingMessage extends AsyncIterable<Uint8Array> {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly rawHeaders: readonly string[];
  readonly headers: { readonly host?: string | undefined };
  readonly socket: object;
}

/**
 * The part of an `http.ServerResponse` that is used.
 *
 * @see {@link requestListener}
 */
export interface NodeServerResponse {
  setHeader(name: string, value: string | readonly string[]): unknown;
  statusCode: number;
  end(body?: Uint8Array): unknown;
}

/**
 * Makes a listener for the `request` event of an `http.Server` or `https.Server`. If the handler throws or rejects, the
 * client gets 500 and the error becomes a warning. For small bodies: the response is sent when it is complete.
 *
 * @example
 * ```ts
 * import { once } from "node:events";
 * import { createServer } from "node:http";
 * import type { AddressInfo } from "node:net";
 * import { requestListener } from "websocket-over/node";
 *
 * const http = createServer(requestListener((request) => new Response(`${request.method} ${new URL(request.url).pathname}`)));
 * await once(http.listen(0, "127.0.0.1"), "listening");
 * const response = await fetch(`http://127.0.0.1:${(http.address() as AddressInfo).port}/rtc`);
 * console.log(await response.text()); // → GET /rtc
 * http.close();
 * http.closeAllConnections();
 * ```
 */
export function requestListener(
  handler: (request: Request) => Response | Promise<Response>,
): (request: NodeIncomingMessage, response: NodeServerResponse) => void {
  requireKind("requestListener() takes a handler,", handler, "a function");
  return (asked, answer) => {
    void respond(handler, asked)
      .then(async (response) => {
        answer.statusCode = response.status;
        const { headers } = response;
        headers.forEach((value, name) => {
          answer.setHeader(name, name === "set-cookie" ? headers.getSetCookie() : value);
        });
        answer.end(new Uint8Array(await response.arrayBuffer()));
      })
      .catch(ignore); // the client has gone
  };
}

async function respond(
  handler: (request: Request) => Response | Promise<Response>,
  asked: NodeIncomingMessage,
): Promise<Response> {
  let request: Request;
  try {
    request = requestOf(asked);
  } catch {
    return new Response(null, { status: 400 });
  }
  try {
    return await handler(request);
  } catch (error) {
    report(warn, error);
    return new Response(null, { status: 500 });
  }
}

function requestOf(asked: NodeIncomingMessage): Request {
  const {
    method = "GET",
    url: target = "/",
    rawHeaders,
    headers: { host = "localhost" },
    socket,
  } = asked;
  const url = requestURL(target, host, "encrypted" in socket);
  if (url === undefined) throw new TypeError("the target or the host is malformed");
  url.protocol = url.protocol.replace("ws", "http");
  const fields: [string, string][] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) fields.push([rawHeaders[i]!, rawHeaders[i + 1]!]);
  const headers = headersOf(fields);
  const hasBody = method !== "GET" && method !== "HEAD";
  const body = hasBody ? { body: bodyOf(asked), duplex: "half" } : {};
  return new Request(url, { method, headers, ...body });
}

/** The rest of a body that nobody reads is left to Node, because cancelling it would end the connection. */
function bodyOf(asked: AsyncIterable<Uint8Array, unknown>): ReadableStream<Uint8Array> {
  const chunks = asked[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
  });
}
