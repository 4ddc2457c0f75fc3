/** A WebRTC server and its client, both on Node. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { RTCPeerConnection } from "node-datachannel/polyfill";
import { requestListener } from "websocket-over/node";
import { connect, serve } from "websocket-over/stream";
import { webRTCDial, webRTCEndpoint } from "websocket-over/webrtc";

const makePeerConnection = () => new RTCPeerConnection() as unknown as globalThis.RTCPeerConnection;
const endpoint = webRTCEndpoint({ makePeerConnection });
const http = createServer(requestListener((request) => endpoint.handle(request)));
void serve(endpoint.incoming, async (request) => (await request.accept()).send(`this is ${request.target}`));
http.listen(0, "127.0.0.1");
await once(http, "listening");

const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/rtc`;
const dial = webRTCDial(url, { makePeerConnection }); // in a page: webRTCDial("https://server.example/rtc")
const session = await connect(await dial(), { url: "ws://peer/chat" });
console.log(await session.receive());
await session.close();
dial.close();
endpoint.close();
http.close();
