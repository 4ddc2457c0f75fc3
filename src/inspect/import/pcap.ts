/** Imports pcap and pcapng files. */
import { requireKind } from "../../core/options.ts";
import { CaptureError, type CapturedConnection } from "./captured.ts";
import { packetsIn } from "./packets.ts";
import { isKnownLink, segmentIn, type Segment } from "./segments.ts";
import { connectionsOf } from "./tcpStreams.ts";

/**
 * Returns the TCP connections of a capture file in which at least one byte was sent, in the order in which they began.
 * Reads pcap and pcapng, with packets of Ethernet, loopback, Linux cooked captures, and raw IP. Puts segments in order
 * and drops what was sent twice. Skips fragments of IP packets. Does not modify the bytes, nor keep them.
 *
 * A file that was cut off counts as far as it goes. Throws {@link CaptureError} for a file that is not a capture, that
 * contradicts itself, or whose packets are all of unknown kinds.
 *
 * @example
 * ```ts
 * import { WSConnection } from "websocket-over";
 * import { decode, fromPcap, tap, toPcapng } from "websocket-over/inspect";
 *
 * const connection = new WSConnection("client", { host: "example.com", resource: "/chat" });
 * const trace = tap(connection);
 * connection.bytesToSend();
 * const file = toPcapng(trace); // or a file of Wireshark's
 * for (const { content, streams } of fromPcap(file)) {
 *   for (const { kind, sender } of decode(streams)) console.log(content, kind, sender); // → websocket head client
 * }
 * ```
 */
export function fromPcap(bytes: Uint8Array): CapturedConnection[] {
  requireKind("fromPcap() takes the bytes of a file,", bytes, "{ buffer, byteOffset, byteLength }");
  const file = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return connectionsOf(segmentsIn(file));
}

function* segmentsIn(file: Uint8Array): Generator<Segment> {
  let unknown: number | undefined;
  let known = false;
  for (const packet of packetsIn(file)) {
    if (isKnownLink(packet.linkType)) known = true;
    else unknown ??= packet.linkType;
    const segment = segmentIn(packet);
    if (segment !== undefined) yield segment;
  }
  if (!known && unknown !== undefined) {
    throw new CaptureError(
      `packets of link type ${unknown} can't be read, only Ethernet, loopback and IP`,
      "unsupported",
    );
  }
}
