/** MQTT over a pipe: mqtt.js, and the broker aedes. */
import { Aedes } from "aedes";
import mqtt from "mqtt";
import { createWebSocketStream } from "ws";
import { pipe } from "websocket-over/pipe";
import { WebSocketServer } from "websocket-over/server";
import { createWebSocketClass } from "websocket-over/websocket";

const broker = await Aedes.createBroker();
const server = new WebSocketServer();
server.on("connection", (peer) => void broker.handle(createWebSocketStream(peer as never), undefined as never));

const WebSocket = createWebSocketClass(() => {
  const [near, far] = pipe(); // in place of your transport
  server.handleTransport(far);
  return near;
});
const client = await mqtt.connectAsync("ws://broker/mqtt", {
  createWebsocket: (url, protocols) => new WebSocket(url, protocols),
  forceNativeWebSocket: true, // on Node; otherwise mqtt.js expects a stream of ws
});
const arrived = new Promise((resolve) => {
  client.once("message", (topic, payload) => resolve(`${topic}: ${payload.toString()}`));
});
await client.subscribeAsync("house/+/light", { qos: 1 });
await client.publishAsync("house/kitchen/light", "on", { qos: 1 });
console.log(await arrived);
await client.endAsync();
broker.close();
