/** y-websocket: documents of Yjs that are edited in two places. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebsocketProvider } from "y-websocket";
import { Doc } from "yjs";
import type { World } from "./faces.ts";
import { worldsOfBothSides } from "./worlds.ts";
import { serveYjs } from "./yjsServer.ts";

describe.each(worldsOfBothSides)("y-websocket over $name", ({ open }) => {
  let world: World;
  let stop: () => void;
  let providers: WebsocketProvider[];

  beforeEach(async () => {
    world = await open();
    stop = serveYjs(world.server, 50);
    providers = [];
  });

  afterEach(async () => {
    for (const provider of providers) {
      provider.destroy();
      provider.doc.destroy();
    }
    stop();
    await world.close();
  });

  function join(room: string): WebsocketProvider {
    const provider = new WebsocketProvider(world.url, room, new Doc(), {
      WebSocketPolyfill: world.WebSocket,
      disableBc: true,
    });
    providers.push(provider);
    return provider;
  }

  const synced = (provider: WebsocketProvider): Promise<void> =>
    new Promise((resolve) => {
      if (provider.synced) resolve();
      else provider.once("sync", () => resolve());
    });

  const updated = (provider: WebsocketProvider, done: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (done()) resolve();
      };
      provider.doc.on("update", look);
      provider.awareness.on("change", look);
      look();
    });

  test("an edit in one place reaches the other", async () => {
    const [ada, bob] = [join("letter"), join("letter")];
    await Promise.all([synced(ada), synced(bob)]);
    const theirs = bob.doc.getText();
    ada.doc.getText().insert(0, "Hello, wörld 👋");
    await updated(bob, () => theirs.length > 0);
    theirs.insert(0, "Ada! ");
    const ours = ada.doc.getText();
    await updated(ada, () => ours.toJSON().startsWith("Ada!"));
    expect(ours.toJSON()).toBe("Ada! Hello, wörld 👋");
    expect(theirs.toJSON()).toBe("Ada! Hello, wörld 👋");
  });

  test("a late client gets the existing document, however long", async () => {
    const ada = join("book");
    await synced(ada);
    const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7) & 255);
    ada.doc.getMap().set("bytes", bytes);
    const bob = join("book");
    await updated(bob, () => bob.doc.getMap().has("bytes"));
    expect(bob.doc.getMap().get("bytes")).toEqual(bytes);
  });

  test("rooms are separate", async () => {
    const [ada, bob, eve] = [join("letter"), join("letter"), join("elsewhere")];
    await Promise.all([ada, bob, eve].map(synced));
    ada.doc.getText().insert(0, "secret");
    await updated(bob, () => bob.doc.getText().length > 0);
    expect(eve.doc.getText().length).toBe(0);
  });

  test("each sees that the other has joined and left", async () => {
    const [ada, bob] = [join("letter"), join("letter")];
    await Promise.all([synced(ada), synced(bob)]);
    bob.awareness.setLocalStateField("cursor", 7);
    const states = ada.awareness.getStates();
    await updated(ada, () => states.get(bob.doc.clientID)?.cursor === 7);
    expect(states.size).toBe(2);
    bob.disconnect();
    await updated(ada, () => !states.has(bob.doc.clientID));
    expect(states.size).toBe(1);
  });

  test("edits made while disconnected are merged", async () => {
    const [ada, bob] = [join("letter"), join("letter")];
    await Promise.all([synced(ada), synced(bob)]);
    world.reachable = false;
    const lost = [ada, bob].map((one) => new Promise((resolve) => one.once("connection-close", resolve)));
    world.breakOff();
    await Promise.all(lost);
    ada.doc.getArray().push(["of Ada"]);
    bob.doc.getArray().push(["of Bob"]);
    world.reachable = true;
    const done = (one: WebsocketProvider) => (): boolean => one.doc.getArray().length === 2;
    await Promise.all([updated(ada, done(ada)), updated(bob, done(bob))]);
    expect(ada.doc.getArray().toJSON()).toEqual(expect.arrayContaining(["of Ada", "of Bob"]));
    expect(bob.doc.getArray().toJSON()).toEqual(ada.doc.getArray().toJSON());
  });

  test("a server that refuses with 4403 is not tried again", async () => {
    world.server.on("connection", (peer) => peer.close(4403, "not yours"));
    const provider = join("private");
    const closed = await new Promise((resolve) => provider.once("closed", resolve));
    expect(closed).toEqual({ code: 4403, reason: "not yours" });
    expect(provider.shouldConnect).toBe(false);
  });

  test("the server's pings are answered, so it does not hang up", async () => {
    const ada = join("letter");
    await synced(ada);
    const [peer] = world.server.clients;
    for (let i = 0; i < 3; i++) await new Promise((resolve) => peer?.once("pong", resolve));
    expect(ada.wsconnected).toBe(true);
  });
});
