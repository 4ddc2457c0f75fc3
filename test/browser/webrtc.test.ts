/** Data channels between two peer connections of the page: the contract of transports, and what is theirs alone. */
import { dataChannelProtocol, dataChannelTransport, type ByteTransport } from "../../src/transports/webrtc.ts";
import { channels } from "../support/peerConnections.ts";
import { contract } from "../transports/contract.ts";
import { sessions } from "../transports/sessions.ts";

async function pair(): Promise<[ByteTransport, ByteTransport]> {
  const [near, far] = await channels({ protocol: dataChannelProtocol }, dataChannelTransport, dataChannelTransport);
  return [near, far];
}

const TRAITS = { heldBytes: 1024 * 1024, timeoutMs: 120_000 };

contract("a data channel", pair, TRAITS);
sessions("a data channel", pair, TRAITS);
