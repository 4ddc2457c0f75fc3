/** Message ports: what is theirs alone beside the contract of transports. */
import { contract } from "./contract.ts";
import { messagePortTransport } from "../../src/transports/messagePort.ts";
import type { ByteTransport } from "../../src/transports/byteTransport.ts";

function pair(): [ByteTransport, ByteTransport] {
  const { port1, port2 } = new MessageChannel();
  return [messagePortTransport(port1), messagePortTransport(port2)];
}

contract("a message port", () => Promise.resolve(pair()), { heldBytes: 1024 * 1024 + 64 * 1024 });
