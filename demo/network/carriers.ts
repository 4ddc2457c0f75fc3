/** The carrier from the network to the other end: memory, a worker, a data channel, a server, or another page. */
import { signal } from "@preact/signals";
import type { Role } from "../../src/inspect/index.ts";
import { messagePortTransport } from "../../src/transports/messagePort.ts";
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import { dataChannelProtocol, dataChannelTransport } from "../../src/transports/webrtc.ts";
import { webSocketProtocol, webSocketTransport } from "../../src/transports/webSocketTransport.ts";
import { dial } from "../../src/transports/webTransport.ts";
import { bytesOfHash } from "./certificateHash.ts";
import { connectPeers } from "./peers.ts";
import { relayURL } from "./relay.ts";

export type CarrierName = "pipe" | "worker" | "webrtc" | "webtransport" | "websocket" | "relay" | "page";

export interface CarrierWish {
  readonly name: CarrierName;
  /** The server's URL, for those that need one. */
  readonly url?: string;
  /** SHA-256 of a WebTransport server's self-signed certificate, in hex or Base64. */
  readonly certificateHash?: string;
  /** For a server behind the relay: the `Origin` to send. By default none. */
  readonly origin?: string | undefined;
  /** For another page: which end this page is. By default it is the client. */
  readonly near?: Role;
}

/** How to reach the other page, while there is one. Returns `undefined` if it has to connect first. */
export const otherPage = signal<(() => ByteTransport | undefined) | undefined>(undefined);

export interface Carrier {
  readonly near: ByteTransport;
  /** The other end, if it is in the page. */
  readonly far?: ByteTransport;
  /** The worker with the other end. It waits for a port: see `serverWorker.ts`. */
  readonly worker?: { readonly worker: Worker; readonly port: MessagePort };
  /** Releases what the transport does not. */
  readonly dispose?: () => void;
}

/** How long a server may take to answer, in milliseconds. */
const OPEN_MS = 5000;

export const carrierLabels: Readonly<Record<CarrierName, string>> = {
  pipe: "Pipe in memory",
  worker: "Worker, over a MessagePort",
  webrtc: "WebRTC data channel",
  webtransport: "WebTransport, at a URL",
  websocket: "Byte tunnel in a WebSocket, at a URL",
  relay: "TCP to a server, through the relay",
  page: "Another page",
};

/** Whether both ends are in this page. */
export function isInPage(name: CarrierName): name is "pipe" | "worker" | "webrtc" {
  return name === "pipe" || name === "worker" || name === "webrtc";
}

export function needsUrl(name: CarrierName): boolean {
  return name === "webtransport" || name === "websocket";
}

/** Why this browser lacks it, or `undefined` if it has it. */
export function lacking(name: CarrierName): string | undefined {
  if (name === "webrtc" && !("RTCPeerConnection" in globalThis)) return "This browser has no WebRTC.";
  if (name === "webtransport" && !("WebTransport" in globalThis))
    return "This browser has no WebTransport for this page.";
  return undefined;
}

/** Synchronous if possible. Throws or rejects with the reason if there is none. */
export function openCarrier({ name, url = "", certificateHash = "" }: CarrierWish): Carrier | Promise<Carrier> {
  switch (name) {
    case "pipe": {
      const [near, far] = pipe({ highWaterMark: 16 * 1024 });
      return { near, far };
    }
    case "worker":
      return workerCarrier();
    case "webrtc":
      return dataChannelCarrier();
    case "webtransport":
      return webTransportCarrier(url, certificateHash);
    case "websocket":
      return tunnelCarrier(url);
    case "relay":
      return relayCarrier(url);
    case "page":
      return pageCarrier();
  }
}

async function relayCarrier(url: string): Promise<Carrier> {
  const socket = new WebSocket(relayURL(new URL(url)), webSocketProtocol);
  const near = webSocketTransport(socket, { windowBytes: 64 * 1024 });
  if (await opens(socket)) return { near };
  throw new Error(
    "The relay does not open. If the command that serves this page has ended, start it again, and open the URL that " +
      "it prints.",
  );
}

function pageCarrier(): Carrier {
  const near = otherPage.peek()?.();
  if (near === undefined) throw new Error("No other page is connected: see “Connect”.");
  return { near };
}

function workerCarrier(): Carrier {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(new URL("../model/serverWorker.ts", import.meta.url), { type: "module" });
  const near = messagePortTransport(port1, { windowBytes: 64 * 1024 });
  return { near, worker: { worker, port: port2 }, dispose: () => worker.terminate() };
}

async function dataChannelCarrier(): Promise<Carrier> {
  const { near, far, close } = await connectPeers({ protocol: dataChannelProtocol }, (channel, given) =>
    dataChannelTransport(channel, { windowBytes: 64 * 1024, ...given }),
  );
  return { near, far, dispose: close };
}

/** Waits until it is open: bytes that are drawn as delivered must have gone somewhere. */
async function tunnelCarrier(url: string): Promise<Carrier> {
  const socket = new WebSocket(url, webSocketProtocol);
  const near = webSocketTransport(socket, { windowBytes: 64 * 1024 });
  if (await opens(socket)) return { near };
  throw new Error(await whyClosed(url));
}

/** A browser does not say why a WebSocket failed. A server that opens without our subprotocol is an ordinary one. */
async function whyClosed(url: string): Promise<string> {
  const plain = new WebSocket(url);
  const isServer = await opens(plain);
  plain.close();
  if (!isServer) return `No WebSocket opens at ${url}: nothing answers there, or it refuses this page.`;
  return (
    `At ${url} is an ordinary WebSocket server. A byte tunnel needs one that carries a stream of bytes to another ` +
    `server, and that says so with the subprotocol ${webSocketProtocol}. This page can't show the frames of an ` +
    "ordinary server: browsers hide them."
  );
}

/** Whether it opens in time. Closes it if not. */
function opens(socket: WebSocket): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.close(), OPEN_MS);
    const settle = (isOpen: boolean): void => {
      clearTimeout(timer);
      resolve(isOpen);
    };
    socket.addEventListener("open", () => settle(true), { once: true });
    socket.addEventListener("close", () => settle(false), { once: true });
  });
}

async function webTransportCarrier(url: string, certificateHash: string): Promise<Carrier> {
  const value = bytesOfHash(certificateHash);
  const session = new WebTransport(
    url,
    value === undefined ? {} : { serverCertificateHashes: [{ algorithm: "sha-256", value }] },
  );
  session.closed.catch(() => undefined);
  return { near: await dial(session), dispose: () => session.close() };
}
