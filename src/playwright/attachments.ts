/** Attaches a test's connections to its report: the messages as HAR, the bytes as pcapng, and vectors to replay. */
import type { TestInfo } from "@playwright/test";
import { toHAR } from "../inspect/export/har.ts";
import { toPcapng } from "../inspect/export/pcapng.ts";
import type { Recording } from "../testing/testServer.ts";

/** When {@link test} attaches the recorded traffic to the report. */
export type WebSocketTrace = "off" | "on" | "retain-on-failure";

/**
 * Attaches the recordings; nothing if there are none. Secret headers, such as cookies, are redacted in all three files.
 */
export async function attachRecordings(testInfo: TestInfo, recordings: readonly Recording[]): Promise<void> {
  if (recordings.length === 0) return;
  const har = recordings
    .map(({ trace, url }) => toHAR(trace, { encrypted: url?.startsWith("wss:") ?? false }))
    .reduce((all, one) => ({ log: { ...all.log, entries: [...all.log.entries, ...one.log.entries] } }));
  const pcapng = toPcapng(recordings.map(({ trace }) => trace));
  const vectors = recordings.map((recording) => recording.vector());
  await attach("websocket.har", JSON.stringify(har), "application/json");
  await attach("websocket.pcapng", Buffer.from(pcapng), "application/x-pcapng");
  await attach("websocket-vectors.json", JSON.stringify(vectors), "application/json");

  function attach(name: string, body: string | Buffer, contentType: string): Promise<void> {
    return testInfo.attach(name, { body, contentType });
  }
}
