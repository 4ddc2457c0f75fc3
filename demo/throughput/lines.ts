/** The lines to measure: ways to send messages to a counter, with this library and without. */
import { WSConnection } from "../../src/index.ts";
import { accept, connect, type WebSocketSession } from "../../src/stream/index.ts";
import { messagePortTransport } from "../../src/transports/messagePort.ts";
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import { dataChannelProtocol, dataChannelTransport } from "../../src/transports/webrtc.ts";
import { dial } from "../../src/transports/webTransport.ts";
import { nextTask } from "../model/task.ts";
import { bytesOfHash } from "../network/certificateHash.ts";
import { connectPeers } from "../network/peers.ts";
import type { ToCounter } from "./counterWorker.ts";

/** Sends messages of one size until it is stopped; whoever receives them counts. */
export interface Line {
  /** Sends one message. Waits while the line is full. The message may be sent again. */
  send(message: Uint8Array<ArrayBuffer>): Promise<void> | void;
  /** Fulfilled when everything that was sent has been counted, with how many bytes that was. */
  counted(): Promise<number>;
  close(): void;
}

export type LineName = "pipe" | "worker" | "webrtc" | "webtransport";

export interface Contender {
  readonly line: LineName;
  readonly ours: boolean;
  readonly label: string;
  open(): Promise<Line>;
}

/** A client's frame has it, but not the server's frame with the same message. */
const MASKING_KEY_BYTES = 4;
/** How much may be under way on a raw port or channel before the sender waits, in bytes. */
const WINDOW_BYTES = 2 * 1024 * 1024;

export function contenders(webTransport?: { readonly url: string; readonly certificateHash: string }): Contender[] {
  const all: Contender[] = [
    { line: "pipe", ours: true, label: "pipe, WebSocket over it", open: () => overPipe() },
    { line: "pipe", ours: false, label: "pipe, raw", open: () => Promise.resolve(rawPipe()) },
    { line: "worker", ours: true, label: "Worker, WebSocket over its port", open: () => overPort() },
    { line: "worker", ours: false, label: "Worker, raw postMessage", open: () => Promise.resolve(rawPort()) },
  ];
  if ("RTCPeerConnection" in globalThis) {
    all.push(
      { line: "webrtc", ours: true, label: "WebRTC, WebSocket over the channel", open: () => overChannel() },
      { line: "webrtc", ours: false, label: "WebRTC, raw channel", open: () => rawChannel() },
    );
  }
  if (webTransport !== undefined && "WebTransport" in globalThis) {
    const { url, certificateHash } = webTransport;
    const open = (how: (transport: WebTransport) => Promise<Line>) => async () =>
      await how(openWebTransport(url, certificateHash));
    all.push(
      {
        line: "webtransport",
        ours: true,
        label: "WebTransport, WebSocket over a stream",
        open: open(overWebTransport),
      },
      { line: "webtransport", ours: false, label: "WebTransport, raw stream", open: open(rawWebTransport) },
    );
  }
  return all;
}

/** Counts what a session receives, until a text comes, which is answered by the count. */
async function countOn(session: WebSocketSession): Promise<void> {
  let bytes = 0;
  for await (const message of session) {
    if (typeof message === "string") await session.send(String(bytes));
    else bytes += message.length;
  }
}

async function ourLine(near: ByteTransport, far: ByteTransport | undefined, close: () => void): Promise<Line> {
  if (far !== undefined) {
    void accept(far)
      .then((request) => request.accept())
      .then(countOn)
      .catch(() => undefined);
  }
  const session = await connect(near, { url: "ws://throughput.example/count" });
  return {
    send: (message) => session.send(message),
    async counted() {
      await session.send("how many?");
      return Number(await session.receive());
    },
    close() {
      session.close().catch(() => undefined);
      close();
    },
  };
}

function overPipe(): Promise<Line> {
  const [near, far] = pipe({ handOver: true });
  return ourLine(near, far, () => near.close?.());
}

function rawPipe(): Line {
  const [near, far] = pipe();
  const writer = near.writable.getWriter();
  let sent = 0;
  let received = 0;
  void (async () => {
    const reader = far.readable.getReader();
    for (let value; ({ value } = await reader.read()), value !== undefined;) received += value.length;
  })();
  return {
    send(message) {
      sent += message.length;
      return writer.write(message);
    },
    counted: async () => (await settled(() => received >= sent), received),
    close: () => void writer.close().catch(() => undefined),
  };
}

function counter(): { readonly worker: Worker; readonly tell: (message: ToCounter, transfer: Transferable[]) => void } {
  const worker = new Worker(new URL("./counterWorker.ts", import.meta.url), { type: "module" });
  return { worker, tell: (message, transfer) => worker.postMessage(message, transfer) };
}

async function overPort(): Promise<Line> {
  const { worker, tell } = counter();
  const { port1, port2 } = new MessageChannel();
  tell({ type: "session", port: port2 }, [port2]);
  return await ourLine(messagePortTransport(port1), undefined, () => worker.terminate());
}

function rawPort(): Line {
  const { worker, tell } = counter();
  const { port1, port2 } = new MessageChannel();
  tell({ type: "raw", port: port2 }, [port2]);
  return counted(worker, port1);
}

function counted(worker: Worker, port: MessagePort): Line {
  let sent = 0;
  let acknowledged = 0;
  port.onmessage = ({ data }: MessageEvent<number>) => (acknowledged = data);
  return {
    send(message) {
      sent += message.length;
      const copy = message.slice();
      port.postMessage(copy.buffer, [copy.buffer]);
      return sent - acknowledged > WINDOW_BYTES ? settled(() => sent - acknowledged < WINDOW_BYTES / 2) : undefined;
    },
    counted: async () => (await settled(() => acknowledged >= sent), acknowledged),
    close() {
      port.close();
      worker.terminate();
    },
  };
}

async function overChannel(): Promise<Line> {
  const { near, far, close } = await connectPeers({ protocol: dataChannelProtocol }, dataChannelTransport);
  return await ourLine(near, far, close);
}

async function rawChannel(): Promise<Line> {
  let received = 0;
  let sent = 0;
  const { near, close } = await connectPeers({}, (channel) => {
    channel.binaryType = "arraybuffer";
    channel.onmessage = ({ data }) => (received += (data as ArrayBuffer).byteLength);
    return channel;
  });
  if (near.readyState !== "open") await new Promise((resolve) => near.addEventListener("open", resolve));
  near.bufferedAmountLowThreshold = WINDOW_BYTES / 4;
  return {
    send(message) {
      sent += message.length;
      near.send(message);
      if (near.bufferedAmount < WINDOW_BYTES) return undefined;
      return new Promise((resolve) => near.addEventListener("bufferedamountlow", () => resolve(), { once: true }));
    },
    counted: async () => (await settled(() => received >= sent), received),
    close,
  };
}

function openWebTransport(url: string, certificateHash: string): WebTransport {
  const value = bytesOfHash(certificateHash);
  const hashes = value === undefined ? {} : { serverCertificateHashes: [{ algorithm: "sha-256", value }] };
  const transport = new WebTransport(url, hashes);
  transport.closed.catch(() => undefined);
  return transport;
}

/** A foreign server that echoes: the returned messages count. */
async function overWebTransport(transport: WebTransport): Promise<Line> {
  const session = await connect(await dial(transport), { url: "ws://throughput.example/echo" });
  let sent = 0;
  let received = 0;
  void (async () => {
    for await (const message of session) received += message.length;
  })().catch(() => undefined);
  return {
    send(message) {
      sent += message.length;
      return session.send(message);
    },
    counted: async () => (await settled(() => received >= sent), received),
    close() {
      session.close().catch(() => undefined);
      transport.close();
    },
  };
}

/**
 * The same server, which only understands frames. They are made in advance, once for each size, and the returned bytes
 * are counted. So this measures the stream alone.
 */
async function rawWebTransport(transport: WebTransport): Promise<Line> {
  const { readable, writable } = await dial(transport);
  const writer = writable.getWriter();
  const reader = readable.getReader();
  const connection = new WSConnection("client", { host: "throughput.example", resource: "/echo" });
  await writer.write(connection.bytesToSend());
  while (connection.state === "connecting") {
    const { value } = await reader.read();
    connection.receiveBytes(value ?? null);
    for (const event of connection.events()) void event; // and the state follows
  }
  if (connection.state !== "open") throw new Error("the server accepts no WebSocket");
  const frames = new Map<number, Uint8Array<ArrayBuffer>>();
  let sentBytes = 0;
  let expectedWireBytes = 0;
  let receivedWireBytes = 0;
  void (async () => {
    for (let value; ({ value } = await reader.read()), value !== undefined;) receivedWireBytes += value.length;
  })().catch(() => undefined);
  return {
    send(message) {
      let frame = frames.get(message.length);
      if (frame === undefined) {
        connection.sendData(message);
        frame = connection.bytesToSend();
        frames.set(message.length, frame);
      }
      sentBytes += message.length;
      expectedWireBytes += frame.length - MASKING_KEY_BYTES;
      return writer.write(frame);
    },
    async counted() {
      await settled(() => receivedWireBytes >= expectedWireBytes);
      // Bytes that did not come back are not counted.
      return sentBytes - Math.max(0, expectedWireBytes - receivedWireBytes);
    },
    close: () => transport.close(),
  };
}

/** Checks once per task, so that the awaited event can happen. */
async function settled(happened: () => boolean): Promise<void> {
  const endMs = performance.now() + 20_000;
  while (!happened() && performance.now() < endMs) await nextTask();
}
