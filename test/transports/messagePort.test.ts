/** Message ports: what is theirs alone beside the contract of transports. */
import { messagePortTransport, type ByteTransport } from "../../src/transports/messagePort.ts";
import { contract } from "./contract.ts";
import { sessions } from "./sessions.ts";

function pair(): [ByteTransport, ByteTransport] {
  const { port1, port2 } = new MessageChannel();
  return [messagePortTransport(port1), messagePortTransport(port2)];
}

const TRAITS = { heldBytes: 1024 * 1024 };

contract("a message port", () => Promise.resolve(pair()), TRAITS);
sessions("a message port", () => Promise.resolve(pair()), TRAITS);
