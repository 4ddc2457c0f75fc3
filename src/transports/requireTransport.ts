/** Whether what was given is a transport, and what makes one of it if it is not. */
import { advice, refuse } from "../core/options.ts";
import type { ByteTransport } from "./byteTransport.ts";

const toDial = "to dial a URL on Node use dial() of websocket-over/node";

/** By what each thing has that is given in the place of a transport. */
export const insteadOfTransport: Readonly<Record<string, string>> = {
  charAt: toDial,
  searchParams: toDial,
  then: "await it",
  write: "use socketTransport() of websocket-over/node",
  map: "give it one of them",
  label: "use dataChannelTransport() of websocket-over/webrtc",
  createDataChannel: "use incomingChannels() of websocket-over/webrtc",
  binaryType: "use webSocketTransport() of websocket-over/websocket-transport",
  postMessage: "use messagePortTransport() of websocket-over/messageport",
  createBidirectionalStream: "use dial() or incoming() of websocket-over/webtransport",
  listen: "use listen() or upgrades() of websocket-over/node",
};

/**
 * Throws `TypeError` for what is no transport. One whose getters throw passes: whoever uses it next meets the same error,
 * and ends it. `where` names the function.
 */
export function requireTransport(where: string, transport: ByteTransport): void {
  if (!isTransport(Object(transport) as Partial<ByteTransport>)) {
    refuse(`${where} takes a transport, { readable, writable }`, transport, advice(insteadOfTransport));
  }
}

function isTransport(given: Partial<ByteTransport>): boolean {
  try {
    // Node's sockets have both members, too, which are booleans.
    const { readable, writable } = given as { readable?: Partial<ReadableStream>; writable?: Partial<WritableStream> };
    return readable?.getReader !== undefined && writable?.getWriter !== undefined;
  } catch {
    return true;
  }
}
