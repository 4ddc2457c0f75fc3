/** An end without a connection: it sends bytes that the user wrote, and does not interpret the answer. */
import { acceptSteps, Decoder } from "../../src/inspect/index.ts";
import type { ByteTransport } from "../../src/transports/pipe.ts";

/** Sends it at once. */
export interface RawClient {
  readonly role: "client";
  readonly text: string;
}

/** Sends it when a request has arrived, with the right answer to its key in place of `{accept}`. */
export interface RawServer {
  readonly role: "server";
  readonly text: string;
}

export function startRaw(transport: ByteTransport, raw: RawClient | RawServer): void {
  const writer = transport.writable.getWriter();
  const send = (text: string): void => void writer.write(new TextEncoder().encode(text)).catch(() => undefined);
  if (raw.role === "client") send(raw.text);
  const decoder = new Decoder({
    handshake: "http1",
    onRecord(record) {
      if (raw.role !== "server" || record.kind !== "head" || !record.complete) return;
      const key = record.fields.find((field) => field.key === "sec-websocket-key")?.value ?? "";
      send(raw.text.replaceAll("{accept}", acceptSteps(key).at(-1)!.value));
    },
  });
  void readAll(transport.readable, (chunk) => {
    if (raw.role === "server") decoder.receive("client", chunk);
  });
}

async function readAll(readable: ReadableStream<Uint8Array>, take: (chunk: Uint8Array) => void): Promise<void> {
  const reader = readable.getReader();
  try {
    for (let value; ({ value } = await reader.read()), value !== undefined;) take(value);
  } catch {
    // It has ended, cleanly or not.
  }
}
