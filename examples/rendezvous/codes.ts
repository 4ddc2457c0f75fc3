/** Two peers meet by codes that people pass on. Here both are in one program on Node; a page needs no options. */
import { RTCPeerConnection } from "node-datachannel/polyfill";
import { answer, invite } from "websocket-over/rendezvous";
import { connect, serve } from "websocket-over/stream";

const options = { makePeerConnection: () => new RTCPeerConnection() as unknown as globalThis.RTCPeerConnection };

const invitation = await invite(options); // Ada makes a code, and sends it to Bob
console.log("a code of at most 200 characters:", invitation.code.length <= 200);

const reply = await answer(invitation.code, options); // Bob pastes it, and sends the answer back
const [ada, bob] = await Promise.all([invitation.accept(reply.code), reply.meeting]); // Ada pastes that

void serve(bob.incoming, async (request) => (await request.accept()).send("hello, Ada"));
const session = await connect(ada.dial(), { url: "ws://peer/chat" });
console.log(await session.receive(), ada.fingerprint === bob.fingerprint);
await session.close();
ada.close();
console.log((await bob.closed).reason);
