/** Data channels between two peer connections of the page: the contract of transports, and what is theirs alone. */
import { dataChannelProtocol, dataChannelTransport, type ByteTransport } from "../../src/transports/webrtc.ts";
import { channels } from "../support/peerConnections.ts";
import { contract } from "../transports/contract.ts";

async function pair(): Promise<[ByteTransport, ByteTransport]> {
  const [near, far] = await channels({ protocol: dataChannelProtocol }, dataChannelTransport, dataChannelTransport);
  return [near, far];
}

contract("a data channel", pair, { heldBytes: 1024 * 1024 + 64 * 1024, timeoutMs: 120_000 });
