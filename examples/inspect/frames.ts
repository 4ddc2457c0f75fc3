/** Every frame of a session, recorded at the client. */
import { annotate, messagesOf, tap, toHAR, toPcapng, type Trace } from "websocket-over/inspect";
import { pipe } from "websocket-over/pipe";
import { connect, serve } from "websocket-over/stream";

const [near, far] = pipe();
void serve([far], async (request) => {
  const session = await request.accept();
  for await (const message of session) await session.send(`you said ${message}`);
});

let trace!: Trace;
const session = await connect(near, {
  onConnection: (connection, connectionOptions) => (trace = tap(connection, { connectionOptions })),
});
await session.send("hello");
await session.receive();
await session.close({ closeCode: 1000, reason: "bye" });

for (const { direction, kind, offset, length, events } of trace.records) {
  console.log(direction, kind, `at ${offset}: ${length} bytes`, ...events.map(({ type }) => `→ ${type}`));
}
for (const { sender, opcode, content } of messagesOf(trace.records)) {
  console.log(sender, opcode, new TextDecoder().decode(opcode === 8 ? content.slice(2) : content));
}
const answer = trace.records.find(({ kind, direction }) => kind === "frame" && direction === "received")!;
for (const field of annotate(answer).slice(4, 7)) {
  console.log(`${field.label} ${field.display}: ${field.explanation} (${field.section})`);
}
const { sent, received } = trace.counters;
console.log(`${sent.messages} message out, ${received.messages} in; ${received.messageBytes} bytes of text`);
console.log(
  toHAR(trace).log.entries[0]!._webSocketMessages.length,
  "messages in the HAR,",
  toPcapng(trace).length > 1000,
);
