/** A program of a user of the package: it uses every entry that runs everywhere, and ends with a line of results. */
import { WSConnection } from "websocket-over";
import { permessageDeflate } from "websocket-over/deflate";
import { Decoder, tap } from "websocket-over/inspect";
import { messagePortTransport } from "websocket-over/messageport";
import { pipe, type ByteTransport } from "websocket-over/pipe";
import { WebSocketServer } from "websocket-over/server";
import { accept, connect } from "websocket-over/stream";
import { webSocketServer } from "websocket-over/testing";
import { dataChannelProtocol } from "websocket-over/webrtc";
import { createWebSocketClass, webSocketPair } from "websocket-over/websocket";
import { webSocketProtocol } from "websocket-over/websocket-transport";
import { dial } from "websocket-over/webtransport";

/** A session over a transport, there and back, compressed. */
async function echoOver(near: ByteTransport, far: ByteTransport): Promise<string> {
  const extensions = [permessageDeflate()];
  const served = accept(far, { extensions }).then(async (request) => {
    const session = await request.accept();
    for await (const message of session) await session.send(message);
  });
  const session = await connect(near, { extensions });
  await session.send("over ".repeat(100));
  const message = await session.receive();
  await session.close();
  await served;
  return `${String(message?.length)} ${session.extensions.split(";")[0]!}`;
}

/** The class against the server. */
function faces(): Promise<unknown> {
  const server = new WebSocketServer();
  server.on("connection", (peer) => peer.on("message", (data, isBinary) => peer.send(data, { binary: isBinary })));
  const WebSocket = createWebSocketClass(() => {
    const [near, far] = pipe();
    server.handleTransport(far);
    return near;
  });
  const socket = new WebSocket("wss://example.com/");
  return new Promise((resolve) => {
    socket.onopen = () => {
      socket.send("faces");
    };
    socket.onmessage = ({ data }: MessageEvent) => {
      resolve(data);
      socket.close();
    };
  });
}

/** The protocol alone, seen by the tap. */
function traced(): string {
  const client = new WSConnection("client", { host: "example.com", resource: "/" });
  const trace = tap(client);
  const server = new WSConnection("server");
  server.receiveBytes(client.bytesToSend());
  for (const event of server.events()) if (event.type === "connectionRequested") server.accept(event);
  client.receiveBytes(server.bytesToSend());
  for (const event of client.events()) if (event.type === "connectionEstablished") client.sendData("seen");
  server.receiveBytes(client.bytesToSend());
  return `${trace.records.length} ${[...server.events()].map(({ type }) => type).join()}`;
}

async function overPorts(): Promise<string> {
  const { port1, port2 } = new MessageChannel();
  const seen = await echoOver(messagePortTransport(port1), messagePortTransport(port2));
  port1.close();
  port2.close();
  return seen;
}

export async function everything(ports = true): Promise<string> {
  const seen = [
    await echoOver(...pipe()),
    ports ? await overPorts() : "no ports",
    await faces(),
    traced(),
    typeof Decoder,
    typeof webSocketServer,
    typeof webSocketPair,
    typeof dial,
    dataChannelProtocol !== "" && webSocketProtocol !== "",
  ];
  return seen.join(" | ");
}
