/** Peers that meet in one process of Node, over libdatachannel: through each kind of signals. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { MessageChannel } from "node:worker_threads";
import { RTCPeerConnection as Polyfill } from "node-datachannel/polyfill";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocketServer as WsServer, WebSocket as WsSocket } from "ws";
import {
  answer,
  broadcastChannelSignals,
  invite,
  meet,
  meetings,
  portSignals,
  sessionSignals,
  webSocketSignals,
  type Meeting,
  type MeetOptions,
  type Signals,
} from "../../src/rendezvous/index.ts";
import { connect, serve } from "../../src/stream/index.ts";
import { dial } from "../../src/transports/node.ts";
import { createWebSocketClass } from "../../src/websocket/index.ts";

const makePeerConnection = (): RTCPeerConnection => new Polyfill() as unknown as RTCPeerConnection;

async function meetHere(signals: Signals, options: MeetOptions = {}): Promise<Meeting> {
  const meeting = await meet(signals, { makePeerConnection, ...options });
  onTestFinished(() => meeting.close());
  return meeting;
}

/** Two ports, whose texts pass each other. */
function ports(): [Signals, Signals] {
  const { port1, port2 } = new MessageChannel();
  return [portSignals(port1), portSignals(port2)];
}

/** A server of ws that passes each text on to everyone else. */
async function relay(): Promise<string> {
  const server = new WsServer({ port: 0, host: "127.0.0.1" });
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  server.on("connection", (socket) => {
    socket.on("message", (data) => {
      for (const client of server.clients) if (client !== socket) client.send((data as Buffer).toString());
    });
  });
  await once(server, "listening");
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** Says hello over a WebSocket, and hears what comes back. */
async function expectTalk(near: Meeting, far: Meeting): Promise<void> {
  void serve(far.incoming, async (request) => {
    const session = await request.accept();
    for await (const message of session) await session.send(`${request.target}: ${String(message)}`);
  });
  const session = await connect(near.dial(), { url: "ws://peer/chat" });
  await session.send("hello");
  expect(await session.receive()).toBe("/chat: hello");
  await session.close();
}

describe("two that run the same line meet", () => {
  const kinds: [string, () => Promise<[Signals, Signals]>][] = [
    ["ports", () => Promise.resolve(ports())],
    [
      "a BroadcastChannel",
      () => {
        const name = `room ${Math.random()}`;
        return Promise.resolve([broadcastChannelSignals(name), broadcastChannelSignals(name)]);
      },
    ],
    [
      "WebSockets that a server of ws joins",
      async () => {
        const url = await relay();
        return [webSocketSignals(new WsSocket(url)), webSocketSignals(new WsSocket(url))];
      },
    ],
    [
      "sessions of this library",
      async () => {
        const url = await relay();
        const open = async (): Promise<Signals> => sessionSignals(await connect(await dial(url), { url }));
        return [await open(), await open()];
      },
    ],
  ];
  test.each(kinds)("through %s, and talk both ways", async (_, make) => {
    const [one, two] = await make();
    const [near, far] = await Promise.all([meetHere(one), meetHere(two)]);
    expect(near.fingerprint).toMatch(/^\d{3} \d{3}$/);
    expect(near.fingerprint).toBe(far.fingerprint);
    await expectTalk(near, far);
    await expectTalk(far, near);
    near.close();
    expect((await near.closed).reason).toBe("closed");
    expect((await far.closed).reason).toBe("left");
    expect(() => near.dial()).toThrow(expect.objectContaining({ name: "TransportError", code: "lost" }) as Error);
  });

  test("with a class of WebSockets made from the meeting", async () => {
    const [one, two] = ports();
    const [near, far] = await Promise.all([meetHere(one), meetHere(two)]);
    void serve(far.incoming, async (request) => (await request.accept()).send("welcome"));
    const WebSocket = createWebSocketClass(near.dial);
    const socket = new WebSocket("ws://peer/chat");
    expect(await new Promise((resolve) => (socket.onmessage = ({ data }) => resolve(data)))).toBe("welcome");
    socket.close();
  });

  test("and not with a stranger who does not know their secret", async () => {
    const name = `room ${Math.random()}`;
    const reports: string[] = [];
    const stop = new AbortController();
    const stranger = meet(broadcastChannelSignals(name), { makePeerConnection, signal: stop.signal });
    stranger.catch(() => undefined);
    const secret = "4b1f0c";
    const [near, far] = await Promise.all([
      meetHere(broadcastChannelSignals(name), { secret, onReport: (problem) => reports.push(problem) }),
      meetHere(broadcastChannelSignals(name), { secret }),
    ]);
    expect(near.fingerprint).toBe(far.fingerprint);
    await expect.poll(() => reports).toContain("a text was ignored: its sender does not know the secret");
    stop.abort("enough");
    await expect(stranger).rejects.toBe("enough");
  });
});

test("of three in a room each pair meets, and who leaves is missed by both others", async () => {
  const name = `room ${Math.random()}`;
  const rooms = [1, 2, 3].map(() => meetings(broadcastChannelSignals(name), { makePeerConnection }));
  const met = await Promise.all(
    rooms.map(async (room) => [(await room.next()).value!, (await room.next()).value!] as const),
  );
  const fingerprints = met.map((pair) => pair.map(({ fingerprint }) => fingerprint));
  expect(new Set(fingerprints.flat()).size).toBe(3);
  await rooms[0]!.return!();
  const gone = met.slice(1).flatMap((pair) => pair.filter(({ fingerprint }) => fingerprints[0]!.includes(fingerprint)));
  expect(await Promise.all(gone.map(async ({ closed }) => (await closed).reason))).toEqual(["left", "left"]);
  for (const room of rooms) await room.return!();
});

describe("meet", () => {
  test("rejects with its signal's reason, and gives the signals back, even if it was aborted before", async () => {
    for (const before of [true, false]) {
      const [signals, other] = ports();
      const stop = new AbortController();
      if (before) stop.abort("enough");
      const meeting = meet(signals, { makePeerConnection, signal: stop.signal });
      stop.abort("enough");
      await expect(meeting).rejects.toBe("enough");
      const reader = other.readable.getReader();
      await expect.poll(async () => (await reader.read()).done).toBe(true);
    }
  });
  test("rejects if the signals end first", async () => {
    const { port1, port2 } = new MessageChannel();
    const meeting = meet(portSignals(port1), { makePeerConnection });
    port2.close();
    await expect(meeting).rejects.toMatchObject({ name: "RendezvousError", code: "signalsEnded" });
  });
  test("goes on when a peer could not be connected, and reports why", async () => {
    const [one, two] = ports();
    const reports: string[] = [];
    let isBroken = true;
    const [near] = await Promise.all([
      meetHere(one, {
        makePeerConnection: () => {
          const connection = makePeerConnection();
          const setRemoteDescription = () => Promise.reject(new Error("not today"));
          if (isBroken) Object.assign(connection, { setRemoteDescription });
          isBroken = false;
          return connection;
        },
        onReport: (problem) => reports.push(problem),
      }),
      meetHere(two),
    ]);
    expect(near.fingerprint).toMatch(/^\d{3} \d{3}$/);
    expect(reports).toEqual(["a peer could not be connected: not today"]);
  });
});

describe("two that paste codes", () => {
  // libdatachannel may fail if it invites, because checks of connectivity come before the answer (0.33).
  test("meet, with at most 200 characters each way", { retry: 3 }, async () => {
    const invitation = await invite({ makePeerConnection });
    const answered = await answer(invitation.code, { makePeerConnection });
    expect(Math.max(invitation.code.length, answered.code.length)).toBeLessThanOrEqual(200);
    const [near, far] = await Promise.all([invitation.accept(answered.code), answered.meeting]);
    expect(near.fingerprint).toBe(far.fingerprint);
    await expectTalk(near, far);
    await expectTalk(far, near);
    far.close();
    expect((await near.closed).reason).toBe("left");
    await expect(invitation.accept(answered.code)).rejects.toMatchObject({ code: "wrongCode" });
  });
  test("hear which code they have mixed up, and can try again", async () => {
    const stop = new AbortController();
    const options = { makePeerConnection, signal: stop.signal };
    const [one, two] = await Promise.all([invite(options), invite(options)]);
    const [answered, other] = await Promise.all([answer(one.code, options), answer(two.code, options)]);
    const wrong = (message: string): object => ({ name: "RendezvousError", code: "wrongCode", message });
    await expect(one.accept(other.code)).rejects.toMatchObject(wrong("this code answers another invitation"));
    await expect(one.accept(one.code)).rejects.toMatchObject(wrong("this is an invitation: it is for answer()"));
    await expect(answer(answered.code, options)).rejects.toMatchObject(
      wrong("this code is an answer: it is for accept() of its invitation"),
    );
    await expect(one.accept("hello")).rejects.toMatchObject({ code: "code" });
    stop.abort("enough");
    for (const { meeting } of [answered, other]) await expect(meeting).rejects.toBe("enough");
  });
  test("can withdraw, and hear why it failed when the code has expired", async () => {
    const stop = new AbortController();
    const invitation = await invite({ makePeerConnection, signal: stop.signal });
    const answered = await answer(invitation.code, { makePeerConnection, expiresMs: 5000 });
    await expect(answered.meeting).rejects.toMatchObject({
      code: "failed",
      message: expect.stringMatching(/^the answering end gave up: there was no connection within 5000 ms; /) as string,
    });
    stop.abort("enough");
    await expect(invitation.accept(answered.code)).rejects.toBe("enough");
  });
});
