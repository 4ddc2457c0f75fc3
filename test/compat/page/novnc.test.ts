/** noVNC: its screen and keyboard in this page, over our class, and a scripted VNC server (RFC 6143). */
import RFB from "@novnc/novnc";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { WebSocket as WsPeer } from "ws";
import { eventually } from "../eventually.ts";
import type { World } from "../faces.ts";
import { overPipes } from "../overPipes.ts";

const WIDTH = 64;
const HEIGHT = 48;
const text = (of: string): number[] => [...new TextEncoder().encode(of)];
const u16 = (value: number): number[] => [value >> 8, value & 255];
const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value & 0xffff)];

/** The lengths of the client's messages; those of 2 and 6 say more. */
const LENGTHS: Record<number, number> = { 0: 20, 2: 4, 3: 10, 4: 8, 5: 6, 6: 8 };

/** Leads a client through the handshake, then fills what it asks for with `pixel`. */
class VncServer {
  readonly keys: number[] = [];
  readonly pasted: string[] = [];
  pixel: readonly [number, number, number] = [10, 20, 30];
  readonly #peer: WsPeer;
  #unread: number[] = [];
  #at: "version" | "security" | "init" | "open" = "version";

  constructor(peer: WsPeer) {
    this.#peer = peer;
    peer.on("message", (data: Uint8Array) => {
      this.#unread.push(...data);
      while (this.#step());
    });
    peer.send(new TextEncoder().encode("RFB 003.008\n"));
  }

  send(...bytes: number[]): void {
    this.#peer.send(Uint8Array.from(bytes));
  }

  #take(length: number): number[] | undefined {
    return this.#unread.length < length ? undefined : this.#unread.splice(0, length);
  }

  #step(): boolean {
    switch (this.#at) {
      case "version":
        if (this.#take(12) === undefined) return false;
        this.send(1, 1); // one way to be let in: none is needed
        this.#at = "security";
        return true;
      case "security":
        if (this.#take(1) === undefined) return false;
        this.send(...u32(0));
        this.#at = "init";
        return true;
      case "init": {
        if (this.#take(1) === undefined) return false;
        const format = [32, 24, 0, 1, ...u16(255), ...u16(255), ...u16(255), 0, 8, 16, 0, 0, 0];
        this.send(...u16(WIDTH), ...u16(HEIGHT), ...format, ...u32(4), ...text("déx"));
        this.#at = "open";
        return true;
      }
      case "open":
        return this.#message();
    }
  }

  #message(): boolean {
    const unread = Uint8Array.from(this.#unread);
    const view = new DataView(unread.buffer);
    const type = unread[0];
    if (type === undefined) return false;
    let length = LENGTHS[type] ?? Infinity;
    if (unread.length < length) return false;
    if (type === 2) length += 4 * view.getUint16(2);
    if (type === 6) length += view.getUint32(4);
    if (this.#take(length) === undefined) return false;
    if (type === 3 && unread[1] === 0) this.draw();
    if (type === 4 && unread[1] === 1) this.keys.push(view.getUint32(4));
    if (type === 6) this.pasted.push(new TextDecoder("latin1").decode(unread.subarray(8, length)));
    return true;
  }

  /** In two messages, so that a rectangle lies across them. */
  draw(): void {
    const pixels = Array.from({ length: WIDTH * HEIGHT }, () => [...this.pixel, 255]).flat();
    this.send(0, 0, ...u16(1), ...u16(0), ...u16(0), ...u16(WIDTH), ...u16(HEIGHT), ...u32(0), ...pixels.slice(0, 999));
    this.send(...pixels.slice(999));
  }
}

describe("noVNC", () => {
  let world: World;
  let target: HTMLElement;
  let servers: VncServer[];
  let screens: Set<RFB>;

  beforeEach(async () => {
    world = await overPipes.open();
    servers = [];
    screens = new Set();
    world.server.on("connection", (peer) => servers.push(new VncServer(peer)));
    target = document.createElement("div");
    target.style.cssText = "width: 64px; height: 48px";
    document.body.append(target);
  });

  afterEach(async () => {
    for (const screen of screens) screen.disconnect();
    vi.unstubAllGlobals();
    await world.close();
    target.remove();
  });

  function show(channel: string | WebSocket): RFB {
    const screen = new RFB(target, channel);
    screens.add(screen);
    screen.addEventListener("disconnect", () => screens.delete(screen));
    return screen;
  }

  const told = (screen: RFB, name: string): Promise<unknown> =>
    new Promise((resolve) => {
      screen.addEventListener(name, (event) => resolve((event as CustomEvent).detail), { once: true });
    });
  const dial = (): WebSocket => new world.WebSocket(`${world.url}/websockify`, "binary");
  const centre = (screen: RFB): number[] => {
    const { data, width } = screen.getImageData();
    return [...data.slice(4 * (width * (HEIGHT / 2) + WIDTH / 2)).slice(0, 3)];
  };

  test.each([
    ["a socket that is connecting", dial],
    [
      "a socket that is open",
      async () => {
        const socket = dial();
        // Before the server's greeting is dispatched: noVNC has to be there to hear that.
        await new Promise((resolve) => (socket.onopen = resolve));
        return socket;
      },
    ],
    ["a URL", () => `${world.url}/websockify`],
  ])("shows the screen of a server: %s", async (_, open) => {
    vi.stubGlobal("WebSocket", world.WebSocket);
    const screen = show(await open());
    await told(screen, "connect");
    await eventually(() => centre(screen)).toEqual([10, 20, 30]);
    servers[0]!.pixel = [200, 100, 50];
    servers[0]!.draw();
    await eventually(() => centre(screen)).toEqual([200, 100, 50]);
  });

  test("keys and the clipboard reach the server", async () => {
    const screen = show(dial());
    await told(screen, "connect");
    for (const key of "vnc") screen.sendKey(key.charCodeAt(0), null);
    screen.clipboardPasteFrom("pasted");
    await eventually(() => servers[0]?.keys.map((key) => String.fromCharCode(key)).join("")).toBe("vnc");
    await eventually(() => servers[0]?.pasted).toEqual(["pasted"]);
  });

  test("the server's clipboard and bell reach the page", async () => {
    const screen = show(dial());
    await told(screen, "connect");
    const [clipboard, bell] = [told(screen, "clipboard"), told(screen, "bell")];
    servers[0]!.send(3, 0, 0, 0, ...u32(4), ...text("copy"));
    servers[0]!.send(2);
    expect(await clipboard).toEqual({ text: "copy" });
    await bell;
  });

  test("a lost connection ends the session", async () => {
    const screen = show(dial());
    await told(screen, "connect");
    const ended = told(screen, "disconnect");
    world.breakOff();
    await ended;
  });

  test("a server that can't be reached is reported as a failure", async () => {
    world.reachable = false;
    expect(await told(show(dial()), "disconnect")).toEqual({ clean: false });
  });

  test("disconnecting the screen ends the connection", async () => {
    const screen = show(dial());
    await told(screen, "connect");
    const ended = told(screen, "disconnect");
    screen.disconnect();
    expect(await ended).toEqual({ clean: true });
    await eventually(() => world.server.clients.size).toBe(0);
  });
});
