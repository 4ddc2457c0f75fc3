/** Checks that an argument is a transport, and if not, says how to make one. */
import { advice, refuse } from "../core/options.ts";
import type { ByteTransport } from "./byteTransport.ts";

const toDial = "to dial a URL on Node use dial() of websocket-over/node";

/** Advice for what callers pass by mistake, keyed by a member of each kind of object. */
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
 * Throws `TypeError` if the value is not a transport. A transport whose getters throw passes: its next user meets the
 * same error and ends it. `where` names the function.
 */
export function requireTransport(where: string, transport: ByteTransport): void {
  if (!isTransport(Object(transport) as Partial<ByteTransport>)) {
    refuse(`${where} takes a transport, { readable, writable }`, transport, advice(insteadOfTransport));
  }
}

function isTransport(given: Partial<ByteTransport>): boolean {
  try {
    // Node's sockets have both members too, but as booleans.
    const { readable, writable } = given as { readable?: Partial<ReadableStream>; writable?: Partial<WritableStream> };
    return readable?.getReader !== undefined && writable?.getWriter !== undefined;
  } catch {
    return true;
  }
}
