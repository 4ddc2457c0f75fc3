/** Chrome's DevTools read the exported archives: the test runs the code that DevTools import them with. */
import { chromium } from "playwright";
import { describe, expect, test } from "vitest";
import { decode, tap, toHAR, type HAR, type HAROptions } from "../../src/inspect/index.ts";
import { converse } from "../inspect/captures.ts";
import { ascii, head, hex, join } from "../support/wire.ts";
import { findChromium } from "../support/chromium.ts";

/** What DevTools have of an entry once it is imported. */
interface Imported {
  readonly url: string;
  readonly status: number;
  readonly type: string;
  readonly requestHeaders: { readonly name: string; readonly value: string }[];
  readonly body: string;
  readonly isText: boolean;
  readonly frames: { readonly type: string; readonly time: number; readonly opCode: number; readonly text: string }[];
}

/** `undefined` where the Chromium has no DevTools: a headless shell. */
async function importIntoDevTools(har: HAR): Promise<Imported[] | undefined> {
  const executablePath = findChromium();
  if (executablePath === undefined) return undefined;
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    const opened = await page.goto("devtools://devtools/bundled/devtools_app.html").catch(() => null);
    if (opened?.ok() !== true) return undefined;
    const modules = await page.evaluateHandle<DevTools>('import("devtools://devtools/bundled/models/har/har.js")');
    return await modules.evaluate(async ({ HARFormat, Importer }, given) => {
      const requests = Importer.Importer.requestsFromHARLog(new HARFormat.HARRoot(given).log);
      return await Promise.all(
        requests.map(async (request) => {
          const content = await request.requestContentData();
          const isText = content.isTextContent === true;
          return {
            url: request.url(),
            status: request.statusCode,
            type: request.resourceType().name(),
            requestHeaders: request.requestHeaders().map(({ name, value }) => ({ name, value })),
            body: (isText ? content.text : content.base64) ?? "",
            isText,
            frames: request.frames().map(({ type, time, opCode, text }) => ({ type, time, opCode, text })),
          };
        }),
      );
    }, har);
  } finally {
    await browser.close();
  }
}

interface DevTools {
  readonly HARFormat: { readonly HARRoot: new (har: unknown) => { readonly log: unknown } };
  readonly Importer: { readonly Importer: { requestsFromHARLog(log: unknown): Request[] } };
}

interface Request {
  readonly statusCode: number;
  url(): string;
  resourceType(): { name(): string };
  requestHeaders(): Imported["requestHeaders"];
  frames(): Imported["frames"];
  requestContentData(): Promise<{ isTextContent?: boolean; text?: string; base64?: string }>;
}

const har = (given: Parameters<typeof toHAR>[0], options?: HAROptions): HAR =>
  JSON.parse(JSON.stringify(toHAR(given, options))) as HAR;

describe.skipIf(findChromium() === undefined)("DevTools import", { timeout: 60_000 }, () => {
  test("a conversation, with its messages", async () => {
    const { client, server, carry } = converse({ resource: "/chat?x=1&token=s3cret", headers: { cookie: "a=s3cret" } });
    const trace = tap(client);
    carry();
    client.sendData("hello ☃");
    server.sendData(hex("00 ff"));
    carry();
    client.close(1000, "bye");
    carry();
    const imported = await importIntoDevTools(har(trace, { encrypted: true }));
    if (imported === undefined) return;
    expect(imported).toHaveLength(1);
    expect(imported[0]).toMatchObject({
      url: "wss://example.com/chat?x=1&token=xxxxxx",
      status: 101,
      type: "websocket",
    });
    expect(imported[0]!.requestHeaders).toContainEqual({ name: "Cookie", value: "x=xxxxxx" });
    expect(imported[0]!.frames.map(({ type, opCode, text }) => [type, opCode, text])).toEqual([
      ["send", 1, "hello ☃"],
      ["receive", 2, "AP8="],
      ["send", 8, btoa("\x03\xe8bye")],
      ["receive", 8, btoa("\x03\xe8bye")],
    ]);
    for (const { time } of imported[0]!.frames) expect(Math.abs(time - Date.now() / 1000)).toBeLessThan(120);
  });

  test("rejections, with text and other bodies, and malformed heads", async () => {
    const rejections = [ascii("no"), hex("1f 8b 00 ff")].map((body) => ({
      role: "client" as const,
      records: decode({
        client: head("GET /a HTTP/1.1", "Host: a.example"),
        server: join(head("HTTP/1.1 403 No", `Content-Length: ${body.length}`), body),
      }),
    }));
    const malformed = { role: "server" as const, records: decode({ client: head("what", "Host") }) };
    const nothing = { role: "client" as const, records: [] };
    const imported = await importIntoDevTools(har([...rejections, malformed, nothing]));
    if (imported === undefined) return;
    expect(imported.map(({ url, status, isText, body }) => [url, status, isText, body])).toEqual([
      ["ws://a.example/a", 403, true, "no"],
      ["ws://a.example/a", 403, false, "H4sA/w=="],
      ["ws://localhost/", 0, expect.any(Boolean), ""],
      ["ws://localhost/", 0, expect.any(Boolean), ""],
    ]);
  });
});
