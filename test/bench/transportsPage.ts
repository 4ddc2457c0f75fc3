/** The transport bench in a page: carriers of messages in each direction, by name. */
import { accept, connect, type WebSocketSession } from "../../src/stream/index.ts";
import type { ByteTransport } from "../../src/transports/byteTransport.ts";
import { messagePortTransport } from "../../src/transports/messagePort.ts";
import { dataChannelProtocol, dataChannelTransport } from "../../src/transports/webrtc.ts";
import { webSocketProtocol, webSocketTransport } from "../../src/transports/webSocketTransport.ts";
import { dial } from "../../src/transports/webTransport.ts";
import {
  MESSAGE_BYTES,
  newMessage,
  RawPort,
  readAll,
  receiveAll,
  sendAll,
  STREAM_TURNS,
  writeAll,
  type Move,
  type Turn,
} from "./transportTurns.ts";
import type { Job } from "./transportsWorker.ts";

/** Where the servers are. */
export interface Servers {
  readonly relay: string;
  /** `undefined` where there is no Deno. */
  readonly webTransport:
    { readonly port: number; readonly relayPort: number; readonly hash: readonly number[] } | undefined;
}

declare global {
  interface Window {
    servers: Servers;
    move(name: CarrierName, turn: Turn): Promise<void>;
  }
}

/** What the carrier may hold unsent, in bytes, and when it is given more. */
const HIGH_WATER_BYTES = 2 * 1024 * 1024;
const LOW_WATER_BYTES = 512 * 1024;

function moveBetween(near: WebSocketSession, far: WebSocketSession): Move {
  return async ({ kind, count }) => {
    const [from, to] = kind === "up" ? [near, far] : [far, near];
    await Promise.all([sendAll(from, count), receiveAll(to, count)]);
  };
}

async function sessionBetween(near: ByteTransport, far: ByteTransport): Promise<Move> {
  const accepting = accept(far).then((request) => request.accept());
  return moveBetween(...(await Promise.all([connect(near), accepting])));
}

/** Of a data channel or a WebSocket, which both know messages and `bufferedAmount`. */
interface Messages extends EventTarget {
  binaryType: BinaryType;
  readonly readyState: string | number;
  readonly bufferedAmount: number;
  send(data: Uint8Array<ArrayBuffer>): void;
}

async function rawMessages(ends: [Messages, Messages], untilRoom: (end: Messages) => Promise<unknown>): Promise<Move> {
  for (const end of ends) {
    end.binaryType = "arraybuffer";
    if (end.readyState === "connecting" || end.readyState === 0)
      await new Promise((resolve) => end.addEventListener("open", resolve));
  }
  return async ({ kind, count }) => {
    const [from, to] = kind === "up" ? ends : ([ends[1], ends[0]] as const);
    let left = count;
    const received = new Promise<void>((resolve) => {
      const take = (): void => {
        if (--left > 0) return;
        to.removeEventListener("message", take);
        resolve();
      };
      to.addEventListener("message", take);
    });
    for (let i = 0; i < count; i++) {
      if (from.bufferedAmount + MESSAGE_BYTES > HIGH_WATER_BYTES) await untilRoom(from);
      from.send(newMessage());
    }
    await received;
  };
}

let connections: Promise<[RTCPeerConnection, RTCPeerConnection]> | undefined;

async function connected(): Promise<[RTCPeerConnection, RTCPeerConnection]> {
  const [near, far] = [new RTCPeerConnection(), new RTCPeerConnection()];
  near.addEventListener("icecandidate", ({ candidate }) => void far.addIceCandidate(candidate));
  far.addEventListener("icecandidate", ({ candidate }) => void near.addIceCandidate(candidate));
  near.createDataChannel("first");
  await near.setLocalDescription();
  await far.setRemoteDescription(near.localDescription!);
  await far.setLocalDescription();
  await near.setRemoteDescription(far.localDescription!);
  return [near, far];
}

async function channels<End>(protocol: string, end: (channel: RTCDataChannel) => End): Promise<[End, End]> {
  const [near, far] = await (connections ??= connected());
  const label = crypto.randomUUID();
  const there = new Promise<End>((resolve) =>
    far.addEventListener("datachannel", ({ channel }) => {
      if (channel.label === label) resolve(end(channel));
    }),
  );
  return [end(near.createDataChannel(label, { protocol })), await there];
}

async function rawChannel(): Promise<Move> {
  const ends = await channels("", (channel) => Object.assign(channel, { bufferedAmountLowThreshold: LOW_WATER_BYTES }));
  return await rawMessages(
    ends,
    (end) => new Promise((resolve) => end.addEventListener("bufferedamountlow", resolve, { once: true })),
  );
}

function sockets(protocol: string | undefined): [WebSocket, WebSocket] {
  const url = `${window.servers.relay}/${crypto.randomUUID()}`;
  return [new WebSocket(url, protocol ?? []), new WebSocket(url, protocol ?? [])];
}

const rawSocket = (): Promise<Move> =>
  rawMessages(sockets(undefined), async (end) => {
    while (end.bufferedAmount > LOW_WATER_BYTES) await new Promise((resolve) => setTimeout(resolve, 4));
  });

async function webTransport(port: "port" | "relayPort"): Promise<WebTransport> {
  const servers = window.servers.webTransport!;
  const session = new WebTransport(`https://127.0.0.1:${servers[port]}/`, {
    serverCertificateHashes: [{ algorithm: "sha-256", value: Uint8Array.from(servers.hash) }],
  });
  await session.ready;
  return session;
}

async function rawStream(intoMessages: boolean): Promise<Move> {
  const { readable, writable } = await (await webTransport("relayPort")).createBidirectionalStream();
  const reader = (readable as ReadableStream<Uint8Array>).getReader();
  const writer = (writable as WritableStream<Uint8Array<ArrayBuffer>>).getWriter();
  return async ({ kind, count }) => {
    const head = new Uint8Array(5);
    head[0] = STREAM_TURNS.indexOf(kind === "up" && intoMessages ? "up, into messages" : kind);
    new DataView(head.buffer).setUint32(1, count);
    await writer.write(head);
    if (kind === "down") await readAll(reader, count, { intoMessages });
    else {
      await writeAll(writer, count);
      await reader.read();
    }
  };
}

async function streamSession(): Promise<Move> {
  const session = await connect(await dial(await webTransport("port")));
  return async (turn) => {
    await session.send(JSON.stringify(turn));
    if (turn.kind === "down") await receiveAll(session, turn.count);
    else {
      await sendAll(session, turn.count);
      await session.receive();
    }
  };
}

/** A worker has the other end of the port. */
async function port(job: Job["job"]): Promise<Move> {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(new URL("./transportsWorker.ts", import.meta.url), { type: "module" });
  worker.postMessage({ job, port: port2 } satisfies Job, [port2]);
  const here = await moveHere(job, port1);
  return async (turn) => {
    const there = new Promise((resolve) => worker.addEventListener("message", resolve, { once: true }));
    worker.postMessage(turn);
    await Promise.all([here(turn), there]);
  };
}

async function moveHere(job: Job["job"], port: MessagePort): Promise<Move> {
  if (job === "raw") {
    const raw = new RawPort(port);
    return ({ kind, count }) => (kind === "up" ? raw.send(count) : raw.receive(count));
  }
  const transport = messagePortTransport(port);
  if (job === "transport") {
    const [reader, writer] = [transport.readable.getReader(), transport.writable.getWriter()];
    return ({ kind, count }) => (kind === "up" ? writeAll(writer, count) : readAll(reader, count));
  }
  const session = await connect(transport, { masking: job === "session" });
  return ({ kind, count }) => (kind === "up" ? sendAll(session, count) : receiveAll(session, count));
}

const carriers = {
  "raw data channel": rawChannel,
  "session over a data channel": async () =>
    sessionBetween(...(await channels(dataChannelProtocol, (channel) => dataChannelTransport(channel)))),
  "raw WebTransport stream": () => rawStream(false),
  "WebTransport stream into messages": () => rawStream(true),
  "session over a WebTransport stream": streamSession,
  "raw WebSocket": rawSocket,
  "session over a WebSocket": () => {
    const [near, far] = sockets(webSocketProtocol);
    return sessionBetween(webSocketTransport(near), webSocketTransport(far));
  },
  "transferred buffers": () => port("raw"),
  "transport over a MessagePort": () => port("transport"),
  "session over a MessagePort": () => port("session"),
  "unmasked session over a MessagePort": () => port("unmasked session"),
} satisfies Record<string, () => Promise<Move>>;

export type CarrierName = keyof typeof carriers;

const moves = new Map<CarrierName, Promise<Move>>();

window.move = async (name, turn) => {
  if (!moves.has(name)) moves.set(name, carriers[name]());
  await (
    await moves.get(name)!
  )(turn);
};
