/** Makes up an opening handshake for a capture without one: one that would have led to the captured frames. */
import { latin1, type Bytes } from "../../core/bytes.ts";
import { acceptFor } from "../../handshake/acceptKey.ts";
import type { HeadRecord, TraceRecord } from "../record.ts";
import type { Role } from "../role.ts";

/** The key of RFC 6455 §1.3. */
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

/** Returns the missing heads; none if both were captured, or if there are no frames. */
export function syntheticHandshake(records: readonly TraceRecord[]): { sender: Role; bytes: Bytes }[] {
  const heads = records.filter((record): record is HeadRecord => record.kind === "head");
  const request = heads.find(({ message }) => message === "request");
  const response = heads.find(({ message }) => message === "response");
  if (records.length === 0 || (request === undefined && response === undefined && !records.some(isFrame))) return [];
  const made: { sender: Role; bytes: Bytes }[] = [];
  // Dissectors recognize compressed frames only if the handshake agrees on compression.
  const compressed = records.some((record) => record.kind === "frame" && (record.rsv & 4) !== 0);
  const extensions = compressed ? ["Sec-WebSocket-Extensions: permessage-deflate"] : [];
  const common = ["Upgrade: websocket", "Connection: Upgrade", ...extensions];
  if (request === undefined) {
    const own = ["Host: localhost", ...common, `Sec-WebSocket-Key: ${KEY}`, "Sec-WebSocket-Version: 13"];
    made.push({ sender: "client", bytes: head("GET / HTTP/1.1", own) });
  }
  if (response === undefined && records.some((record) => isFrame(record))) {
    const key = request?.fields.find(({ key: name }) => name === "sec-websocket-key")?.value ?? KEY;
    const own = [...common, `Sec-WebSocket-Accept: ${acceptFor(key)}`];
    made.push({ sender: "server", bytes: head("HTTP/1.1 101 Switching Protocols", own) });
  }
  return made;
}

function isFrame(record: TraceRecord): boolean {
  return record.kind === "frame";
}

function head(startLine: string, fields: readonly string[]): Bytes {
  return latin1([startLine, ...fields, "", ""].join("\r\n"));
}
