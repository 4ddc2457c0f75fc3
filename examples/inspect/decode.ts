/** Explains captured bytes: a frame of a client that has forgotten to mask it. */
import { decode } from "websocket-over/inspect";

// In place of `fromPcap(bytes)` and `fromHAR(har)`, which read the files of Wireshark and of browsers.
const streams = { client: Uint8Array.of(0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f) };

for (const { sender, kind, offset, length, violations } of decode(streams)) {
  console.log(sender, kind, `at ${offset}: ${length} bytes`);
  for (const { message, section } of violations) console.log(`${message} (${section})`);
}
