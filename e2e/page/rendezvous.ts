/** A page that meets others, in whichever way the test says. */
import {
  answer,
  broadcastChannelSignals,
  invite,
  meet,
  meetings,
  webSocketSignals,
  type Invitation,
  type Meeting,
} from "../../src/rendezvous/index.ts";
import { connect, serve } from "../../src/stream/index.ts";

export interface Met {
  readonly ms: number;
  readonly fingerprint: string;
}

export class RendezvousPage {
  #meeting!: Meeting;
  #invitation!: Invitation;
  #answered!: Promise<Meeting>;

  /** Meets another page of the origin. Both begin at the same time of day, in milliseconds. */
  async meetTab(room: string, atMs: number): Promise<Met> {
    await new Promise((resolve) => setTimeout(resolve, atMs - Date.now()));
    const since = performance.now();
    return this.#take(await meet(broadcastChannelSignals(room)), since);
  }

  async meetOverSocket(url: string): Promise<Met> {
    const since = performance.now();
    return this.#take(await meet(webSocketSignals(new WebSocket(url))), since);
  }

  /** Meets as many others of a room, and stays in it. */
  async meetRoom(room: string, count: number): Promise<string[]> {
    const fingerprints: string[] = [];
    const others = meetings(broadcastChannelSignals(room));
    while (fingerprints.length < count) fingerprints.push((await others.next()).value!.fingerprint);
    return fingerprints;
  }

  async invite(): Promise<string> {
    this.#invitation = await invite();
    return this.#invitation.code;
  }

  async answer(code: string): Promise<string> {
    const { code: answerCode, meeting } = await answer(code);
    this.#answered = meeting;
    return answerCode;
  }

  async accept(code: string): Promise<Met> {
    return this.#take(await this.#invitation.accept(code), 0);
  }

  async answered(): Promise<Met> {
    return this.#take(await this.#answered, 0);
  }

  async echo(text: string): Promise<unknown> {
    const session = await connect(this.#meeting.dial(), { url: "ws://peer/echo" });
    await session.send(text);
    const echoed = await session.receive();
    await session.close();
    return echoed;
  }

  /** Restarts ICE, as when the network changes, and waits until both ends have new credentials. */
  async restart(): Promise<boolean> {
    const before = this.#ufrags();
    globalThis.dispatchEvent(new Event("online"));
    for (let i = 0; i < 200 && this.#ufrags().some((ufrag) => before.includes(ufrag)); i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return !this.#ufrags().some((ufrag) => before.includes(ufrag));
  }

  async ended(): Promise<string> {
    return (await this.#meeting.closed).reason;
  }

  close(): void {
    this.#meeting.close();
  }

  #ufrags(): string[] {
    const { currentLocalDescription, currentRemoteDescription } = this.#meeting.peerConnection;
    return [currentLocalDescription, currentRemoteDescription].map(
      (description) => /^a=ice-ufrag:(.*)$/m.exec(description!.sdp)![1]!,
    );
  }

  #take(meeting: Meeting, since: number): Met {
    this.#meeting = meeting;
    void serve(meeting.incoming, async (request) => {
      const session = await request.accept();
      for await (const message of session) await session.send(message);
    });
    return { ms: performance.now() - since, fingerprint: meeting.fingerprint };
  }
}

declare global {
  var rendezvousPage: RendezvousPage;
}
globalThis.rendezvousPage = new RendezvousPage();
