/** What pages may request of a test over the binding: each frame only for its own document, and within limits. */
import { EventEmitter } from "node:events";
import type { BrowserContext, Frame, Page } from "@playwright/test";
import { beforeAll, describe, expect, test } from "vitest";
import { bundlePageScript } from "../../.ci/pageScript.mjs";
import { Bridge } from "../../src/playwright/bridge.ts";
import { toMatch } from "../../src/playwright/match.ts";
import type { ByteTransport } from "../../src/transports/byteTransport.ts";

type Binding = (source: { page: Page; frame: Frame }, documentId: unknown, message: unknown) => void;

/** A frame of a page, which shows a document. */
class FakeFrame {
  shown = "";
  readonly #page: FakePage;

  constructor(page: FakePage) {
    this.#page = page;
  }

  page(): Page {
    return this.#page as unknown as Page;
  }

  /** Whether the bridge asks for the document, or has something for it. */
  evaluate(_: unknown, given: unknown): Promise<unknown> {
    const asked = typeof given === "object" ? (given as { documentId: string }).documentId === this.shown : this.shown;
    return Promise.resolve(asked);
  }

  navigate(documentId: string): void {
    this.shown = documentId;
    this.#page.emit("framenavigated", this);
  }
}

class FakePage extends EventEmitter {}

async function install(): Promise<{
  bridge: Bridge;
  opened: { transport: ByteTransport; url: string }[];
  call: (frame: FakeFrame, documentId: unknown, message: unknown) => void;
}> {
  let binding: Binding | undefined;
  const context = {
    exposeBinding: (_: string, given: Binding) => {
      binding = given;
      return Promise.resolve();
    },
    addInitScript: () => Promise.resolve(),
    pages: () => [],
    browser: () => null,
  };
  const bridge = await Bridge.install(context as unknown as BrowserContext, false);
  const opened: { transport: ByteTransport; url: string }[] = [];
  await bridge.add({
    id: 1,
    match: toMatch("/live**"),
    loopback: undefined,
    connect: (transport, url) => void opened.push({ transport, url }),
  });
  const call = (frame: FakeFrame, documentId: unknown, message: unknown): void =>
    binding!({ page: frame.page(), frame: frame as unknown as Frame }, documentId, message);
  return { bridge, opened, call };
}

function frameOf(page: FakePage, shown: string): FakeFrame {
  const frame = new FakeFrame(page);
  frame.shown = shown;
  return frame;
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
/** Whether the call throws. */
const refused = (call: () => void): boolean => {
  try {
    call();
    return false;
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return true;
  }
};
/** Whether the connection is still there. */
async function isOpen({ transport }: { transport: ByteTransport }): Promise<boolean> {
  const reader = transport.readable.getReader();
  const ended = reader.read().then(
    () => false,
    () => false,
  );
  const open = await Promise.race([ended, turn().then(() => true)]);
  return open;
}

beforeAll(() => bundlePageScript(), 120_000);

describe("a document belongs to the frame that shows it", () => {
  test("one frame can't use the document of another", async () => {
    const { opened, call } = await install();
    const page = new FakePage();
    const [near, far] = [frameOf(page, "near"), frameOf(page, "far")];
    call(near, "near", ["a", "open", 1, "ws://a.example/live"]);
    for (const message of [
      ["a", "gone"],
      ["a", "data", [new Uint8Array(3)]],
      ["b", "open", 1, "ws://a.example/live"],
      ["", "passed", "ws://b.example/"],
    ]) {
      expect(refused(() => call(far, "near", message))).toBe(true);
    }
    await turn();
    expect(opened).toHaveLength(1);
    expect(await isOpen(opened[0]!)).toBe(true);
    call(near, "near", ["a", "gone"]);
    expect(await isOpen({ transport: { ...opened[0]!.transport } }).catch(() => false)).toBe(false);
  });

  test("nor one that no frame shows", async () => {
    const { opened, call } = await install();
    const frame = frameOf(new FakePage(), "shown");
    call(frame, "invented", ["a", "open", 1, "ws://a.example/live"]);
    call(frame, "shown", ["a", "open", 1, "ws://a.example/live"]);
    await turn();
    expect(await Promise.all(opened.map(isOpen))).toEqual([false, true]);
  });

  test("a frame that navigates has one document after the other", async () => {
    const { opened, call } = await install();
    const page = new FakePage();
    const frame = frameOf(page, "0");
    for (let i = 1; i <= 100; i++) {
      frame.navigate(`${i}`);
      call(frame, `${i}`, ["a", "open", 1, "ws://a.example/live"]);
      await turn();
    }
    expect(await Promise.all(opened.slice(-3).map(isOpen))).toEqual([false, false, true]);
    for (const event of ["framenavigated", "framedetached", "crash", "close"])
      expect(page.listenerCount(event)).toBe(1);
    page.emit("close");
    expect(page.listenerCount("framenavigated")).toBe(0);
  });
});

describe("bounds", () => {
  test("of documents: the latest of each frame", async () => {
    const { opened, call } = await install();
    const frame = frameOf(new FakePage(), "shown");
    // It shows whatever it is asked for.
    frame.evaluate = () => new Promise(() => {});
    for (let i = 0; i < 5000; i++) call(frame, `document ${i}`, ["a", "open", 1, "ws://a.example/live"]);
    await turn();
    const open = await Promise.all(opened.map(isOpen));
    expect(open.filter(Boolean).length).toBeLessThanOrEqual(8);
    expect(open.at(-1)).toBe(true);
  });

  test("of connections at a time: 1,000; in total: 10,000", async () => {
    const { opened, call } = await install();
    const page = new FakePage();
    const frames = [frameOf(page, "x"), frameOf(page, "y")];
    let taken = 0;
    for (let i = 0; i < 20_000; i++) {
      const frame = frames[i % 2]!;
      if (!refused(() => call(frame, frame.shown, [`${i}`, "open", 1, "ws://a.example/live"]))) taken++;
    }
    expect([taken, opened.length]).toEqual([1000, 1000]);
    for (let i = 0; i < 1000; i++) call(frames[i % 2]!, frames[i % 2]!.shown, [`${i}`, "gone"]);
    for (let i = 0; i < 20_000; i++) {
      const id = `again ${i}`;
      if (!refused(() => call(frames[0]!, "x", [id, "open", 1, "ws://a.example/live"]))) taken++;
      call(frames[0]!, "x", [id, "gone"]);
    }
    expect([taken, opened.length]).toEqual([10_000, 10_000]);
  });

  test("of URLs without a server: 100, with 500 characters each", async () => {
    const { bridge, call } = await install();
    const frame = frameOf(new FakePage(), "shown");
    for (let i = 0; i < 20_000; i++) call(frame, "shown", ["", "passed", `ws://a.example/${i}/${"x".repeat(1000)}`]);
    expect(bridge.passed.size).toBe(100);
    for (const url of bridge.passed) expect(url.length).toBeLessThanOrEqual(500);
  });

  test.each([
    ["a document's id", "x".repeat(100), ["a", "open", 1, "ws://a.example/live"]],
    ["an empty one", "", ["a", "open", 1, "ws://a.example/live"]],
    ["a connection's id", "shown", ["x".repeat(100), "open", 1, "ws://a.example/live"]],
    ["a URL", "shown", ["a", "open", 1, `ws://a.example/live${"x".repeat(70_000)}`]],
    ["another scheme", "shown", ["a", "open", 1, "http://a.example/live"]],
    ["a URL that the server does not stand for", "shown", ["a", "open", 1, "ws://a.example/other"]],
  ])("of %s", async (_, documentId, message) => {
    const { opened, call } = await install();
    expect(refused(() => call(frameOf(new FakePage(), "shown"), documentId, message))).toBe(true);
    expect(opened).toEqual([]);
  });
});
