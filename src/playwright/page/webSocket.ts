/**
 * Replaces the `WebSocket` of a page or worker. For the test's URLs it is this library's, or the browser's own
 * redirected to the test; otherwise it is unchanged.
 */
import { permessageDeflate } from "../../deflate/permessageDeflate.ts";
import { createWebSocketClass } from "../../websocket/webSocketClass.ts";
import type { ServerEntry } from "../protocol.ts";
import type { Hub } from "./hub.ts";

/**
 * Installs the replacement. This library's objects have the browser's prototype, whose members still work for the
 * browser's own objects. So `instanceof` holds, and an object of a class derived from `WebSocket` may be of either
 * kind.
 */
export function installWebSocket(hub: Hub): void {
  const native = globalThis.WebSocket;
  const ours = new WeakSet<object>();
  const askedFor = new WeakMap<object, string>();
  const InPage = createWebSocketClass((url) => hub.dial(find(hub.servers, url)!.id, url.href), {
    extensions: [permessageDeflate()],
    headers: { "user-agent": navigator.userAgent },
  });

  const installed = new Proxy(native, {
    construct(target, given: unknown[], newTarget) {
      const url = parse(given[0]);
      const server = url && find(hub.servers, url);
      if (url === undefined || server === undefined) {
        const socket = Reflect.construct(target, given, newTarget) as WebSocket;
        hub.notePassed(socket.url);
        return socket;
      }
      if (server.loopback === undefined) {
        const socket = Reflect.construct(InPage, given, newTarget) as WebSocket;
        ours.add(socket);
        return socket;
      }
      const led = `${server.loopback}/~/${encodeURIComponent(url.origin)}${url.pathname}${url.search}`;
      const socket = Reflect.construct(target, [led, ...given.slice(1)], newTarget) as WebSocket;
      askedFor.set(socket, url.href);
      return socket;
    },
  });

  const { prototype } = native;
  for (const [name, theirs] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    const mine = Object.getOwnPropertyDescriptor(InPage.prototype, name);
    if (mine === undefined || !(theirs.configurable ?? false) || name === "constructor") continue;
    Object.defineProperty(prototype, name, {
      ...theirs,
      ...(theirs.get && { get: either(theirs.get, mine.get!) }),
      ...(theirs.set && { set: either(theirs.set, mine.set!) }),
      ...(typeof theirs.value === "function" && { value: either(theirs.value as Method, mine.value as Method) }),
    });
  }
  const theirURL = Object.getOwnPropertyDescriptor(prototype, "url")!;
  Object.defineProperty(prototype, "url", {
    ...theirURL,
    get(this: WebSocket): string {
      return askedFor.get(this) ?? (theirURL.get!.call(this) as string);
    },
  });
  prototype.constructor = installed;
  globalThis.WebSocket = installed;

  function either(theirs: Method, mine: Method): Method {
    const method = {
      // A method, not a function, so that it is not a constructor.
      method(this: object, ...given: unknown[]): unknown {
        return (ours.has(this) ? mine : theirs).apply(this, given);
      },
    }.method;
    Object.defineProperty(method, "name", { value: theirs.name, configurable: true });
    Object.defineProperty(method, "length", { value: theirs.length, configurable: true });
    return method;
  }
}

type Method = (this: object, ...given: unknown[]) => unknown;

/** Parses a URL as the constructor does; `undefined` if the constructor will refuse it. */
function parse(given: unknown): URL | undefined {
  const { document, location } = globalThis as { document?: { baseURI: string }; location?: { href: string } };
  try {
    const url = new URL(String(given), document?.baseURI ?? location?.href);
    if (url.protocol === "http:") url.protocol = "ws:";
    if (url.protocol === "https:") url.protocol = "wss:";
    return url;
  } catch {
    return undefined;
  }
}

function find(servers: readonly ServerEntry[], { href }: URL): ServerEntry | undefined {
  // The last one added takes precedence, as with routes.
  return servers.findLast(({ match }) => new RegExp(match.source, match.flags).test(href));
}
