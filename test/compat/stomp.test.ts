/** STOMP: the client of @stomp/stompjs, which takes a factory, and a small broker. */
// The library calls plain records of options classes, and takes them as such.
/* eslint @typescript-eslint/no-unsafe-class-instance-assignment: off, @typescript-eslint/no-misused-spread: off */
import { Client, FrameImpl, Parser, type IMessage, type StompConfig } from "@stomp/stompjs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { WebSocket as WsPeer, WebSocketServer } from "ws";
import { eventually } from "./eventually.ts";
import type { World } from "./faces.ts";
import { worldsOfObjects } from "./worlds.ts";

interface Subscription {
  readonly peer: WsPeer;
  readonly id: string;
}

/** Sends messages for a destination to its subscribers, and receipts on request. */
function serveStomp(server: WebSocketServer, beating: () => boolean): void {
  const subscriptions = new Map<string, Set<Subscription>>();

  server.on("connection", (peer) => {
    let timer: NodeJS.Timeout | undefined;
    const forget = (where: (one: Subscription) => boolean): void => {
      for (const those of subscriptions.values()) for (const one of those) if (where(one)) those.delete(one);
    };
    const parser = new Parser(
      (raw) => {
        const { command, headers, binaryBody } = FrameImpl.fromRawFrame(raw, true);
        const { destination = "", id = "" } = headers;
        switch (command) {
          case "CONNECT":
            if (headers.login === "eve") {
              send(peer, { command: "ERROR", headers: { message: "not you" } });
              peer.close(1008, "not you");
              return;
            }
            send(peer, { command: "CONNECTED", headers: { version: "1.2", "heart-beat": "10,10" } });
            timer = setInterval(() => {
              if (beating()) peer.send("\n");
            }, 10);
            return;
          case "SUBSCRIBE":
            subscriptions.set(destination, (subscriptions.get(destination) ?? new Set()).add({ peer, id }));
            break;
          case "UNSUBSCRIBE":
            forget((one) => one.peer === peer && one.id === id);
            break;
          case "SEND":
            for (const one of subscriptions.get(destination) ?? []) {
              const { "content-type": type = "text/plain" } = headers;
              const told = { destination, subscription: one.id, "message-id": "1", "content-type": type };
              send(one.peer, { command: "MESSAGE", headers: told, binaryBody });
            }
        }
        if (headers.receipt !== undefined)
          send(peer, { command: "RECEIPT", headers: { "receipt-id": headers.receipt } });
      },
      () => beats++,
    );
    peer.on("message", (data: Buffer) => parser.parseChunk(new Uint8Array(data).buffer));
    peer.on("close", () => {
      clearInterval(timer);
      forget((one) => one.peer === peer);
    });
  });
}
let beats = 0;

function send(peer: WsPeer, frame: Parameters<typeof FrameImpl.marshall>[0]): void {
  peer.send(FrameImpl.marshall({ ...frame, escapeHeaderValues: true }));
}

describe.each(worldsOfObjects)("STOMP over $name", ({ open }) => {
  let world: World;
  let clients: Client[];
  let beating: boolean;

  beforeEach(async () => {
    world = await open();
    clients = [];
    beating = true;
    beats = 0;
    serveStomp(world.server, () => beating);
  });

  afterEach(async () => {
    await Promise.all(clients.map((client) => client.deactivate({ force: true })));
    await world.close();
  });

  function make(options: StompConfig = {}): Client {
    const client = new Client({
      webSocketFactory: () => new world.WebSocket(`${world.url}/stomp`, ["v12.stomp", "v11.stomp"]),
      reconnectDelay: 10,
      heartbeatIncoming: 0,
      heartbeatOutgoing: 0,
      ...options,
    });
    clients.push(client);
    return client;
  }

  async function connect(options?: StompConfig): Promise<Client> {
    const client = make(options);
    const connected = new Promise<unknown>((resolve) => (client.onConnect = resolve));
    client.activate();
    await connected;
    return client;
  }

  const receipt = (client: Client, id: string): Promise<unknown> =>
    new Promise((resolve) => client.watchForReceipt(id, resolve));

  async function subscribe(
    client: Client,
    destination: string,
  ): Promise<{ messages: IMessage[]; unsubscribe: () => void }> {
    const messages: IMessage[] = [];
    const done = receipt(client, destination);
    const { unsubscribe } = client.subscribe(destination, (message) => messages.push(message), {
      receipt: destination,
    });
    await done;
    return { messages, unsubscribe };
  }

  test("what one sends reaches the subscribers", async () => {
    const [ada, bob] = [await connect(), await connect()];
    const { messages } = await subscribe(bob, "/queue/letters");
    ada.publish({ destination: "/queue/elsewhere", body: "not for Bob" });
    ada.publish({ destination: "/queue/letters", body: "Hello, wörld 👋" });
    await eventually(() => messages.map(({ body }) => body)).toEqual(["Hello, wörld 👋"]);
    expect(ada.webSocket?.url).toBe(`${world.url}/stomp`);
  });

  test("bytes arrive unchanged", async () => {
    const client = await connect();
    const { messages } = await subscribe(client, "/bytes");
    const binaryBody = Uint8Array.from({ length: 200_000 }, (_, i) => i & 255);
    client.publish({ destination: "/bytes", binaryBody, headers: { "content-type": "application/octet-stream" } });
    await eventually(() => messages.length).toBe(1);
    expect(messages[0]?.binaryBody).toEqual(binaryBody);
  });

  test("a STOMP frame in pieces arrives as one", async () => {
    const client = await connect({ splitLargeFrames: true, maxWebSocketChunkSize: 1024 });
    const { messages } = await subscribe(client, "/long");
    const body = "0123456789".repeat(2_000);
    client.publish({ destination: "/long", body });
    await eventually(() => messages.length).toBe(1);
    expect(messages[0]?.body).toBe(body);
  });

  test("nothing arrives after a subscription has ended", async () => {
    const client = await connect();
    const { messages, unsubscribe } = await subscribe(client, "/news");
    unsubscribe();
    const done = receipt(client, "sent");
    client.publish({ destination: "/news", body: "late", headers: { receipt: "sent" } });
    await done;
    expect(messages).toEqual([]);
  });

  test("a client reconnects after the connection was lost", async () => {
    const client = await connect();
    const lost = new Promise<{ code: number }>((resolve) => (client.onWebSocketClose = resolve));
    const again = new Promise<unknown>((resolve) => (client.onConnect = resolve));
    world.breakOff();
    expect((await lost).code).toBe(1006);
    await again;
    const { messages } = await subscribe(client, "/again");
    client.publish({ destination: "/again", body: "here" });
    await eventually(() => messages.length).toBe(1);
  });

  test("a client sends heartbeats, and discards a connection without the server's", async () => {
    const client = await connect({
      heartbeatIncoming: 100,
      heartbeatOutgoing: 100,
      discardWebsocketOnCommFailure: true,
    });
    await eventually(() => beats).toBeGreaterThan(2);
    const canTerminate = "terminate" in client.webSocket!;
    const closed = new Promise<{ code: number }>((resolve) => (client.onWebSocketClose = resolve));
    const again = new Promise<unknown>((resolve) => (client.onConnect = resolve));
    beating = false;
    // What it does itself with a browser's WebSocket, or what a socket that can be terminated says of its end.
    expect((await closed).code).toBe(canTerminate ? 1006 : 4001);
    beating = true;
    await again;
  });

  test("a client that the broker refuses gets the reason", async () => {
    const client = make({ reconnectDelay: 0, connectHeaders: { login: "eve" } });
    const error = new Promise<{ headers: { message: string } }>((resolve) => (client.onStompError = resolve as never));
    const closed = new Promise<CloseEvent>((resolve) => (client.onWebSocketClose = resolve));
    client.activate();
    expect((await error).headers.message).toBe("not you");
    expect(await closed).toMatchObject({ code: 1008, reason: "not you", wasClean: true });
  });

  test("a client that disconnects says so and is removed", async () => {
    const client = await connect();
    await client.deactivate();
    expect(client.connected).toBe(false);
    await eventually(() => world.server.clients.size).toBe(0);
  });
});
