/** Open this page in two tabs: they meet, and greet each other over WebRTC. */
import { broadcastChannelSignals, meet } from "websocket-over/rendezvous";
import { connect, serve } from "websocket-over/stream";

const show = (text: string): void => document.body.append(text, document.createElement("br"));

const meeting = await meet(broadcastChannelSignals("my-room"));
show(`Met. Both tabs show ${meeting.fingerprint}.`);

void serve(meeting.incoming, async (request) => {
  const session = await request.accept();
  for await (const message of session) show(`The other tab says: ${message}`);
});

const session = await connect(meeting.dial(), { url: "ws://peer/chat" });
await session.send("hello");

const { reason } = await meeting.closed;
show(`Over: ${reason}`);
