/** The paths of a message in CONTRIBUTING.md: short, through files that are there, and those that a message takes. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { webSocketOver, type WebSocketOverOptions } from "../../src/websocket/index.ts";
import { hex } from "../support/wire.ts";
import { settled, WireTransport } from "../support/wireTransport.ts";

const root = resolve(import.meta.dirname, "../..");
const contributing = readFileSync(join(root, ".github/CONTRIBUTING.md"), "utf8");
const section = /\n## The path of a message\n([\s\S]*?)\n## /.exec(contributing)![1]!;
const [received, sent] = section
  .split("From `send()`")
  .map((part) =>
    [...part.matchAll(/^\d+\. `([^`]+)` `([^`]+)`: /gm)].map(([, file, name]) => ({ file: file!, name: name! })),
  ) as [Hop[], Hop[]];

interface Hop {
  readonly file: string;
  readonly name: string;
}

const isProtocol = ({ file }: Hop): boolean => /^src\/(core|handshake|connection|deflate)\//.test(file);

describe.each([
  ["received", received],
  ["sent", sent],
])("of what is %s", (_, hops) => {
  test("has at most ten hops in the protocol, and eight above it", () => {
    const inside = hops.filter(isProtocol).length;
    expect(inside).toBeGreaterThan(0);
    expect(inside).toBeLessThanOrEqual(10);
    expect(hops.length - inside).toBeLessThanOrEqual(8);
  });

  test.each(hops)("$file has $name", ({ file, name }) => {
    const declared = new RegExp(`^ *(readonly |export |async |function )*${name}( =|\\()`, "m");
    expect(readFileSync(join(root, file), "utf8")).toMatch(declared);
  });
});

/** The files of src that are being run. */
function filesRunning(): string[] {
  return [...new Error().stack!.matchAll(/\/(src\/[\w/]+\.ts)/g)].map(([, file]) => file!);
}

describe("a message takes them", () => {
  afterEach(() => vi.restoreAllMocks());
  const seen = new Set<string>();
  const look = (): void => filesRunning().forEach((file) => seen.add(file));

  /** Looks at what runs whenever one of the methods is called. */
  function watch(object: object, ...names: string[]): void {
    for (const name of names) {
      const original = Reflect.get(object, name) as (...given: unknown[]) => unknown;
      const looking = function (this: unknown, ...given: unknown[]): unknown {
        look();
        return original.apply(this, given);
      };
      vi.spyOn(object as Record<string, () => unknown>, name).mockImplementation(looking);
    }
  }

  test("there is no other file on the way", async () => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 100;
    const transport = new WireTransport();
    const onConnection: WebSocketOverOptions["onConnection"] = (connection) => {
      watch(connection, "receiveBytes", "sendData", "chunksToSend");
    };
    const socket = webSocketOver(transport, { handshake: "none", masking: false, onConnection });
    await settled();
    seen.clear();
    watch(TextDecoder.prototype, "decode");
    socket.onmessage = look;
    transport.bring(hex("81 02 68 69"), hex("81 05 68"), hex("65 6c 6c 6f"));
    await settled();
    const onTheWayIn = new Set(seen);
    seen.clear();
    watch(Uint8Array.prototype, "set");
    socket.send("hi");
    socket.send(new Uint8Array(100));
    await settled();
    Error.stackTraceLimit = stackTraceLimit;

    const unlisted = (files: Set<string>, hops: Hop[]): string[] =>
      [...files].filter((each) => !hops.some(({ file }) => file === each));
    expect(unlisted(onTheWayIn, received)).toEqual([]);
    expect(unlisted(seen, sent)).toEqual([]);
    expect(onTheWayIn.size).toBeGreaterThan(8);
    expect(seen.size).toBeGreaterThan(5);
    socket.terminate();
  });
});
