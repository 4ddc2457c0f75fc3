/** The matchers: what they wait for, what they accept, and what their messages say. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { matchers, webSocketServer, type MemoryServer, type ServerSocket } from "../../src/testing/index.ts";
import { hex } from "../support/wire.ts";
import { Client } from "./client.ts";

expect.extend(matchers);

let server: MemoryServer;
let client: Client;
let socket: ServerSocket;
beforeEach(async () => {
  server = webSocketServer();
  client = new Client(new server.WebSocket("ws://chat.example/live"));
  socket = await (await server.request()).accept();
  await client.opened;
});
afterEach(() => server.close());

const send = (...messages: (string | Uint8Array<ArrayBuffer>)[]): void =>
  messages.forEach((message) => client.socket.send(message));

/** The message of a failing matcher. */
const failure = (assertion: Promise<void>): Promise<string> =>
  assertion.then(
    () => "it passed",
    (error: unknown) => (error as Error).message,
  );

test("a failure contains no secrets of the URL", async () => {
  new server.WebSocket("wss://me:s3cret@chat.example/live?room=1&token=s3cret");
  const other = await (await server.request()).accept();
  const message = await failure(expect(other).toReceiveText("never", { timeout: 1 }));
  expect(message).toContain("on wss://xx:xxxxxx@chat.example/live?room=1&token=xxxxxx\n");
  expect(message).not.toContain("s3cret");
});

test("a failure points at its line in the test", async () => {
  const line = Number(/:(\d+):\d+\)?$/.exec(new Error().stack!.split("\n")[1]!)![1]) + 1;
  const error = await expect(socket)
    .toReceiveText("never", { timeout: 1 })
    .then(undefined, (why: unknown) => why);
  const first = (error as Error).stack!.split("\n").find((frame) => /^ +at .*matchers\.test\.ts/.test(frame));
  expect(Number(/:(\d+):\d+\)?$/.exec(first!)![1])).toBe(line);
});

describe("in order", () => {
  test("messages are one sequence, text and bytes", async () => {
    send("one", hex("02"), '{"three":3}');
    await expect(socket).toReceiveText("one");
    await expect(socket).toReceiveBytes(hex("02"));
    await expect(socket).toReceiveJSON({ three: 3 });
  });

  test("it waits for messages that have not arrived yet", async () => {
    setTimeout(() => send("late"), 20);
    await expect(socket).toReceiveText("late");
  });

  test("another message is a failure at once, and stays in the queue", async () => {
    send("one");
    const startMs = performance.now();
    expect(await failure(expect(socket).toReceiveText("two", { timeout: 60_000 }))).toContain('"one"');
    expect(performance.now() - startMs).toBeLessThan(10_000);
    await expect(socket).toReceiveText("one");
  });

  test("pings, pongs and the Close are in separate sequences", async () => {
    await socket.ping("1");
    await socket.ping("2");
    send("text");
    await expect(socket).toReceivePong("1");
    await expect(socket).toReceivePong();
    await expect(socket).toReceiveText("text");
    client.socket.close(3001, "done");
    await expect(socket).toReceiveClose(3001, "done");
  });
});

describe("in any order", () => {
  test("the message may come after others, which stay", async () => {
    send("one", "two", "three");
    await expect(socket).toReceiveText("three", { inOrder: false });
    await expect(socket).toReceiveText("one");
    await expect(socket).toReceiveText("two");
  });

  test("other messages are skipped", async () => {
    send("one");
    setTimeout(() => send("two"), 20);
    await expect(socket).toReceiveText("two", { inOrder: false });
  });

  test("each message is taken once", async () => {
    send("one");
    await expect(socket).toReceiveText("one", { inOrder: false });
    await expect(socket).not.toReceiveText("one", { inOrder: false, timeout: 20 });
  });
});

describe("the expected value", () => {
  test("of text: a string, a regular expression, an asymmetric matcher", async () => {
    send("hello 1", "hello 2", "hello 3");
    await expect(socket).toReceiveText("hello 1");
    await expect(socket).toReceiveText(/^hello \d$/);
    await expect(socket).toReceiveText(expect.stringContaining("3"));
  });

  test("of JSON: the value, with asymmetric matchers in it, or a part of it", async () => {
    const text = JSON.stringify({ id: 7, tags: ["a", "b"], at: { x: 1, y: null } });
    send(text, text, text, text);
    await expect(socket).toReceiveJSON({ id: 7, tags: ["a", "b"], at: { x: 1, y: null } });
    const some: Record<string, unknown> = {
      id: expect.any(Number),
      tags: expect.arrayContaining(["b"]),
      at: expect.anything(),
    };
    await expect(socket).toReceiveJSON(some);
    await expect(socket).toReceiveJSON({ at: { y: null } }, { partial: true });
    await expect(socket).toReceiveJSON(expect.objectContaining({ id: 7 }));
  });

  test.each([
    ["less", { a: 1 }],
    ["more", { a: 1, b: [1, 2], c: 3 }],
    ["another value", { a: 1, b: [1, 3] }],
    ["another length", { a: 1, b: [1] }],
    ["an array for an object", [1, [1, 2]]],
    ["nothing at all", null],
  ])("of JSON is exact: not %s", async (_, expected) => {
    send('{"a":1,"b":[1,2]}');
    await expect(socket).not.toReceiveJSON(expected);
    await expect(socket).toReceiveJSON({ a: 1, b: [1, 2] });
  });

  test("of JSON does not match invalid JSON", async () => {
    send("{");
    await expect(socket).not.toReceiveJSON(expect.anything());
  });

  test("of a Close: nothing, a code, a reason", async () => {
    client.socket.close();
    await expect(socket).not.toReceiveClose(1000);
    await expect(socket).not.toReceiveClose(1005, "why");
    await expect(socket).toReceiveClose(1005, "");
  });
});

describe("not", () => {
  test("passes if no such message arrived in time, and takes nothing", async () => {
    await expect(socket).not.toReceiveText("x", { timeout: 20 });
    send("y");
    await expect(socket).not.toReceiveText("x");
    await expect(socket).toReceiveText("y");
  });

  test("fails if one arrived", async () => {
    send("x");
    expect(await failure(expect(socket).not.toReceiveText("x"))).toContain('Expected not as the next message: "x"');
  });
});

describe("a failure says", () => {
  test("what was expected, what arrived instead, and which frames were seen", async () => {
    await socket.frame({ opcode: "text", fin: false, payload: "par" });
    await socket.ping("hb");
    send("helo", hex("01 02"));
    await expect(socket).toReceivePong();
    await expect.poll(() => socket.received.items.length).toBe(3);
    expect(await failure(expect(socket).toReceiveText("hello"))).toBe(
      [
        "expect(socket).toReceiveText(), on ws://chat.example/live",
        "",
        'Expected as the next message: "hello"',
        'Received: "helo"',
        "",
        "Frames seen:",
        '  server: text "par" (not final)',
        "  server: ping 2 bytes (68 62)",
        "  client: pong 2 bytes (68 62)",
        '  client: text "helo"',
        "  client: binary 2 bytes (01 02)",
      ].join("\n"),
    );
  });

  test("that nothing arrived, and after which time", async () => {
    expect(await failure(expect(socket).toReceivePing("x", { timeout: 20 }))).toContain(
      "Expected as the next ping: a ping of 1 byte (78)\nReceived: nothing in 20 ms\n\nNo frames were seen.",
    );
  });

  test("how the connection ended, as soon as it has", async () => {
    setTimeout(() => void socket.fault.cut(), 20);
    expect(await failure(expect(socket).toReceiveText("x", { timeout: 60_000 }))).toContain(
      "Received: the connection ended without a Close frame",
    );
  });

  test("the text of an asymmetric matcher", async () => {
    send("[]");
    const some: Record<string, unknown> = { id: expect.any(Number) };
    expect(await failure(expect(socket).toReceiveJSON(some))).toContain('JSON {"id":"Any<Number>"}');
  });

  test("only the latest frames, and the start of long ones", async () => {
    for (let count = 0; count < 25; count++) send("x".repeat(300));
    await expect.poll(() => socket.received.items.length).toBe(25);
    const said = await failure(expect(socket).toReceiveText("y"));
    expect(said).toContain("… 5 before these");
    expect(said).toContain(`"${"x".repeat(200)}" … (300 characters)`);
  });

  test("that it needs a socket", async () => {
    expect(await failure(expect({}).toReceiveText("x"))).toContain("toReceiveText takes the socket that");
  });
});
