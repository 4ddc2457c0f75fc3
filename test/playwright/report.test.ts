/** What Playwright's report shows of connections: failure messages and attachments. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { permessageDeflate } from "../../src/deflate/index.ts";
import { replay, type HAR, type Vector } from "../../src/inspect/index.ts";

interface Result {
  readonly status: string;
  readonly duration: number;
  readonly errors: readonly { readonly message: string; readonly location?: { file: string; line: number } }[];
  readonly attachments: readonly {
    readonly name: string;
    readonly contentType: string;
    readonly body?: string;
    readonly path?: string;
  }[];
}
interface Suite {
  readonly suites?: readonly Suite[];
  readonly specs: readonly {
    readonly title: string;
    readonly tests: readonly { readonly results: readonly Result[] }[];
  }[];
}

const root = resolve(import.meta.dirname, "../..");
const output = mkdtempSync(join(tmpdir(), "report-"));
const results = new Map<string, Result>();

beforeAll(async () => {
  const cli = join(root, "node_modules/@playwright/test/cli.js");
  const given = ["test", "-c", join(import.meta.dirname, "report"), "--reporter=json"];
  const report = await new Promise<string>((done) => {
    const env = { ...process.env, REPORT_OUTPUT: output, FORCE_COLOR: "0" };
    // It exits with 1, because some tests fail.
    execFile(process.execPath, [cli, ...given], { env, maxBuffer: 2 ** 26 }, (_, stdout) => done(stdout));
  });
  const collect = ({ suites = [], specs }: Suite): void => {
    for (const { title, tests } of specs) results.set(title, tests[0]!.results[0]!);
    suites.forEach(collect);
  };
  (JSON.parse(report) as { suites: Suite[] }).suites.forEach(collect);
}, 120_000);

afterAll(() => rmSync(output, { recursive: true }));

const attached = (title: string): string[] =>
  results
    .get(title)!
    .attachments.map(({ name }) => name)
    .filter((name) => name.startsWith("websocket"));

const bodyOf = (name: string): Buffer =>
  Buffer.from(results.get("fails")!.attachments.find((attachment) => attachment.name === name)!.body!, "base64");

test("a failure says what was expected, what arrived, and which frames were seen", () => {
  const { status, errors } = results.get("fails")!;
  expect(status).toBe("failed");
  for (const line of [
    "expect(socket).toReceiveText(), on wss://chat.example/live",
    'Expected as the next message: "hello"',
    "Received: ",
    "Frames seen:",
    'client: text "helo"',
    `server: text "${"again ".repeat(33)}ag" … (300 characters) (RSV 100)`,
    'server: text "half " (cut after 5 of 12 bytes)',
  ]) {
    expect(errors[0]!.message).toContain(line);
  }
});

test("an expectation waits as long as Playwright's configuration says", () => {
  const { status, errors } = results.get("waits as long as Playwright's configuration says")!;
  expect(status).toBe("failed");
  expect(errors[0]!.message).toContain("Received: nothing in 400 ms");
});

test.each([
  ["fails", 'toReceiveText("hello")'],
  ["waits as long as Playwright's configuration says", 'toReceiveText("never")'],
  ["waits for a request", "server.request({ timeout: 50 })"],
])("the failure of %j points at its line in the test", (title, code) => {
  const file = join(import.meta.dirname, "report/reported.spec.ts");
  const lines = readFileSync(file, "utf8").split("\n");
  const { location } = results.get(title)!.errors[0]!;
  expect([location?.file, lines[(location?.line ?? 1) - 1]?.trim()]).toEqual([file, expect.stringContaining(code)]);
});

test("connections are attached if a test has failed, or the option is on", () => {
  const all = ["websocket.har", "websocket.pcapng", "websocket-vectors.json"];
  expect(results.get("passes")!.status).toBe("passed");
  expect(attached("fails")).toEqual(all);
  expect(attached("passes")).toEqual([]);
  expect(attached("passes, and is attached")).toEqual(all);
  expect(attached("fails, and nothing is attached")).toEqual([]);
});

test("the HAR has the handshake and the messages, and no secrets", () => {
  const text = bodyOf("websocket.har").toString();
  const { entries } = (JSON.parse(text) as HAR).log;
  expect(entries).toHaveLength(1);
  expect(entries[0]!.request.url).toBe("wss://chat.example/live");
  expect(entries[0]!.response.status).toBe(101);
  const messages = entries[0]!._webSocketMessages.map(({ type, data }) => [type, data]);
  expect(messages).toContainEqual(["send", "helo"]);
  expect(messages).toContainEqual(["receive", "again ".repeat(50)]);
  expect(text).not.toContain("s3cret");
});

test("the vectors replay bit for bit", () => {
  const vectors = JSON.parse(bodyOf("websocket-vectors.json").toString()) as Vector[];
  expect(vectors).toHaveLength(1);
  const { differences, events } = replay(vectors[0]!, { extensions: [permessageDeflate()] });
  expect(differences).toEqual([]);
  expect(events.map(({ type }) => type)).toContain("textReceived");
});

const tshark = "/usr/bin/tshark";
test.skipIf(!existsSync(tshark))("tshark reads the pcapng, with the frame that was cut", async () => {
  const file = join(output, "websocket.pcapng");
  writeFileSync(file, bodyOf("websocket.pcapng"));
  const fields = await new Promise<string>((done) => {
    const given = ["-r", file, "-Y", "websocket", "-T", "fields", "-e", "websocket.opcode", "-e", "websocket.mask"];
    execFile(tshark, given, (_, stdout) => done(stdout));
  });
  // The client's text and its answer, and the server's text.
  expect(fields.trim().split(/[\n]/).sort()).toEqual(expect.arrayContaining(["1\t0", "1\t1"]));
});
