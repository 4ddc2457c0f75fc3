/** A chat between two tabs: they meet over a BroadcastChannel, and then talk over WebRTC alone. */
import { broadcastChannelSignals, meet } from "websocket-over/rendezvous";
import { serve } from "websocket-over/stream";
import { createWebSocketClass } from "websocket-over/websocket";

const status = document.querySelector("p")!;
const input = document.querySelector("input")!;
const show = (text: string): void =>
  document.querySelector("ol")!.append(Object.assign(document.createElement("li"), { textContent: text }));

const meeting = await meet(broadcastChannelSignals("vite-webrtc"));
void meeting.closed.then(
  ({ reason }) => (status.textContent = `The other tab is gone (${reason}). Reload to meet again.`),
);

// Each tab is a server for the other one …
void serve(meeting.incoming, async (request) => {
  for await (const message of await request.accept()) show(`they: ${String(message)}`);
});

// … and a client of it, with the browser's API.
const WebSocket = createWebSocketClass(meeting.dial);
const socket = new WebSocket("ws://peer/chat");
socket.onopen = () => {
  status.textContent = "Connected. Type something.";
  input.disabled = false;
  input.focus();
};

document.querySelector("form")!.onsubmit = (event) => {
  event.preventDefault();
  socket.send(input.value);
  show(`you: ${input.value}`);
  input.value = "";
};
