/** A page that plays whichever part the test gives it. */
import { messagePortTransport, TransportError } from "../../src/transports/messagePort.ts";
import { pipe } from "../../src/transports/pipe.ts";
import { dial } from "../../src/transports/webTransport.ts";
import { RtcPeer } from "../story/rtcPeer.ts";
import { startServer } from "../story/serveStory.ts";

export interface SessionAddress {
  readonly port: number;
  /** SHA-256 of the certificate. */
  readonly hash: readonly number[];
}

export class StoryPage extends RtcPeer {
  #worker: Worker | undefined;
  readonly #gone = new AbortController();

  /** Makes this a client whose server is behind WebTransport: every WebSocket is a stream of one session. */
  async openSession({ port, hash }: SessionAddress): Promise<void> {
    const session = new WebTransport(`https://127.0.0.1:${port}/`, {
      serverCertificateHashes: [{ algorithm: "sha-256", value: Uint8Array.from(hash) }],
    });
    this.dial = () => dial(session);
    await session.ready;
  }

  /** Makes this a client whose server is in a worker: every WebSocket has a separate port. */
  startWorker(): void {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    const { signal } = this.#gone;
    this.dial = () => {
      const { port1, port2 } = new MessageChannel();
      worker.postMessage(port2, [port2]);
      return messagePortTransport(port1, { signal });
    };
    this.#worker = worker;
  }

  /** Makes this the client and the server. */
  usePipes(): void {
    const serve = startServer();
    this.dial = () => {
      const [near, far] = pipe();
      serve([far]);
      return near;
    };
  }

  /** No browser reports the terminated worker, so the page that terminates it has to. */
  terminateWorker(): void {
    this.#worker!.terminate();
    this.#gone.abort(new TransportError("lost", "the worker was terminated"));
  }
}

declare global {
  var storyPage: StoryPage;
}
globalThis.storyPage = new StoryPage(() => new RTCPeerConnection());
