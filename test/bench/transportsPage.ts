/** The bench of transports, in a page: each workload moves chunks of 64 KiB one way and tells in how many milliseconds. */
import { accept, connect } from "../../src/stream/index.ts";
import type { ByteTransport } from "../../src/transports/byteTransport.ts";
import { messagePortTransport } from "../../src/transports/messagePort.ts";
import { dataChannelProtocol, dataChannelTransport } from "../../src/transports/webrtc.ts";
import { CHUNK_BYTES, drain, type Job } from "./transportsWorker.ts";

const HIGH_WATER_BYTES = 2 * 1024 * 1024;

/** Moves so many chunks, and is fulfilled when the other end has them all. */
export type Move = (count: number) => Promise<void>;

declare global {
  interface Window {
    bench: Record<string, () => Promise<Move>>;
    measure(name: string, count: number): Promise<number>;
  }
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
  const [near, far] = await channels("", (channel) => Object.assign(channel, { binaryType: "arraybuffer" }));
  if (near.readyState === "connecting") await new Promise((resolve) => near.addEventListener("open", resolve));
  near.bufferedAmountLowThreshold = 512 * 1024;
  const chunk = new Uint8Array(CHUNK_BYTES);
  return async (count) => {
    let bytes = 0;
    const received = new Promise<void>((resolve) => {
      far.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
        bytes += data.byteLength;
        if (bytes === count * CHUNK_BYTES) resolve();
      };
    });
    for (let i = 0; i < count; i++) {
      if (near.bufferedAmount + CHUNK_BYTES > HIGH_WATER_BYTES) {
        await new Promise((resolve) => near.addEventListener("bufferedamountlow", resolve, { once: true }));
      }
      near.send(chunk);
    }
    await received;
  };
}

async function ourChannel(): Promise<Move> {
  const [near, far] = await channels(dataChannelProtocol, dataChannelTransport);
  return moveBetween(near, far, false);
}

async function channelSession(): Promise<Move> {
  const [near, far] = await channels(dataChannelProtocol, dataChannelTransport);
  const [client, server] = await Promise.all([connect(near), accept(far).then((request) => request.accept())]);
  const message = new Uint8Array(CHUNK_BYTES);
  return async (count) => {
    const received = (async () => {
      for (let i = 0; i < count; i++) await server.receive();
    })();
    for (let i = 0; i < count; i++) await client.send(message);
    await received;
  };
}

function moveBetween(near: ByteTransport, far: ByteTransport, fresh: boolean): Move {
  const writer = near.writable.getWriter();
  const reader = far.readable.getReader();
  const chunk = new Uint8Array(CHUNK_BYTES);
  return async (count) => {
    const received = drain(reader, count * CHUNK_BYTES);
    for (let i = 0; i < count; i++) await writer.write(fresh ? filled() : chunk);
    await received;
  };
}

/** A worker that reads from the port, and says when it has all. */
function worker(job: Job["job"], port: MessagePort): (count: number) => Promise<unknown> {
  const other = new Worker(new URL("./transportsWorker.ts", import.meta.url), { type: "module" });
  other.postMessage({ job, port } satisfies Job, [port]);
  return (count) => {
    other.postMessage(count);
    return new Promise((resolve) => other.addEventListener("message", resolve, { once: true }));
  };
}

function rawPort(windowChunks: number): () => Promise<Move> {
  return () => {
    const { port1, port2 } = new MessageChannel();
    const received = worker("raw", port2);
    let credit = windowChunks;
    let more = (): void => {};
    port1.onmessage = ({ data }: MessageEvent<number>) => {
      credit += data;
      more();
    };
    return Promise.resolve(async (count) => {
      const done = received(count);
      for (let i = 0; i < count; i++) {
        if (credit === 0) await new Promise<void>((resolve) => (more = resolve));
        credit--;
        const { buffer } = filled();
        port1.postMessage(buffer, [buffer]);
      }
      await done;
    });
  };
}

function ourPort(): Promise<Move> {
  const { port1, port2 } = new MessageChannel();
  const received = worker("transport", port2);
  const writer = messagePortTransport(port1).writable.getWriter();
  return Promise.resolve(async (count) => {
    const done = received(count);
    for (let i = 0; i < count; i++) await writer.write(filled());
    await done;
  });
}

/** The page is the server, whose messages need no mask, and hands its buffers over. */
async function portSession(): Promise<Move> {
  const { port1, port2 } = new MessageChannel();
  const received = worker("session", port2);
  const server = await (await accept(messagePortTransport(port1))).accept();
  return async (count) => {
    const done = received(count);
    for (let i = 0; i < count; i++) await server.send(filled());
    await done;
  };
}

window.bench = {
  "data channel, raw": rawChannel,
  "data channel, transport": ourChannel,
  "data channel, session": channelSession,
  "port to a worker, raw, window of 16": rawPort(16),
  "port to a worker, raw, no window": rawPort(Infinity),
  "port to a worker, transport": ourPort,
  "port to a worker, session": portSession,
};

const moves = new Map<string, Promise<Move>>();

window.measure = async (name, count) => {
  if (!moves.has(name)) moves.set(name, window.bench[name]!());
  const move = await moves.get(name)!;
  const startMs = performance.now();
  await move(count);
  return performance.now() - startMs;
};

function filled(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(CHUNK_BYTES).fill(7);
}
