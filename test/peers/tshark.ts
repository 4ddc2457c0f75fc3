/** How tshark reads a capture: an independent reader of pcapng, TCP, HTTP and WebSocket. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { messagesOf, type FrameRecord, type TraceRecord } from "../../src/inspect/index.ts";
import { hex, toHex } from "../support/wire.ts";

/** The path of tshark, or `undefined` if it is not installed. `TSHARK_PATH` takes precedence. */
export function findTshark(): string | undefined {
  const onPath = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "tshark"));
  return [process.env.TSHARK_PATH ?? "", ...onPath].find((path) => path !== "" && existsSync(path));
}

/** Runs it on the file, and returns its output. */
export function tshark(file: Uint8Array, ...options: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "tshark-"));
  try {
    const path = join(folder, "capture.pcapng");
    writeFileSync(path, file);
    const checks = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"];
    return execFileSync(findTshark()!, ["-r", path, ...checks, ...options], {
      encoding: "utf8",
      maxBuffer: 256 * 1024 * 1024,
      stdio: ["ignore", "pipe", "ignore"],
      timeout: 60_000,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A frame as tshark dissects it. */
export interface SeenFrame {
  readonly sender: "client" | "server";
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly length: number;
  readonly masked: boolean;
  readonly key: string;
  /**
   * Unmasked, in hexadecimal, and inflated where tshark could. Of a message in fragments the last one has all of it, and
   * the others nothing.
   */
  readonly payload: string;
}

/** Every WebSocket frame, in order. */
export function framesSeen(file: Uint8Array, port = 80): SeenFrame[] {
  const frames: { -readonly [name in keyof SeenFrame]: SeenFrame[name] }[] = [];
  let sender: SeenFrame["sender"] = "client";
  for (const [tag] of tshark(file, "-Y", "websocket", "-T", "pdml").matchAll(/<(?:proto|field)[^>]*>/g)) {
    const attribute = (name: string): string => new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? "";
    const name = attribute("name");
    const frame = frames.at(-1)!;
    switch (name) {
      case "tcp.srcport":
        sender = attribute("show") === `${port}` ? "server" : "client";
        break;
      case "websocket":
        frames.push({ sender, fin: false, rsv: 0, opcode: 0, length: 0, masked: false, key: "", payload: "" });
        break;
      case "websocket.fin":
        frame.fin = attribute("show") === "1";
        break;
      case "websocket.rsv":
        frame.rsv = Number(attribute("show"));
        break;
      case "websocket.opcode":
        frame.opcode = Number(attribute("show"));
        break;
      case "websocket.mask":
        frame.masked = attribute("show") === "1";
        break;
      case "websocket.payload_length":
      case "websocket.payload_length_ext_16":
      case "websocket.payload_length_ext_64":
        frame.length = Number(attribute("show"));
        break;
      case "websocket.masking_key":
        frame.key = attribute("value");
        break;
      case "websocket.payload.text":
      case "websocket.payload.ping":
      case "websocket.payload.pong":
      case "websocket.payload.unknown":
      case "websocket.payload.close.status_code":
      case "websocket.payload.close.reason":
        frame.payload += attribute("value");
        break;
      case "data":
        // tshark lists a binary payload after its frame.
        if (frames.length > 0 && frame.opcode < 8 && frame.payload === "") frame.payload = attribute("value");
        break;
    }
  }
  return frames;
}

/** Without spaces, as tshark writes it. */
export const plainHex = (bytes: Uint8Array): string => toHex(bytes).replaceAll(" ", "");

/** What tshark should see of the records: it puts all of a message behind its last frame, and cuts nothing. */
export function framesExpected(records: readonly TraceRecord[]): SeenFrame[] {
  const contents = new Map<FrameRecord, string>();
  for (const { frames, content } of messagesOf(records)) {
    const last = frames.at(-1)!;
    for (const frame of frames) contents.set(frame, frame === last && frame.fin ? plainHex(content) : "");
  }
  const frames = records.filter((record): record is FrameRecord => record.kind === "frame");
  // In the order of the packets: that of the chunks in which frames were complete.
  frames.sort((a, b) => a.chunks.at(-1)!.chunk - b.chunks.at(-1)!.chunk || a.id - b.id);
  return frames.map((frame) => ({
    sender: frame.sender,
    fin: frame.fin,
    rsv: frame.rsv,
    opcode: frame.opcode,
    length: frame.payloadLength,
    masked: frame.masked,
    key: plainHex(frame.maskingKey ?? hex("")),
    payload: contents.get(frame)!,
  }));
}

/** Packets that tshark reports as faulty: checksums, sequence numbers, or an exception in a dissector. */
export function troubles(file: Uint8Array): string {
  const wrong = [
    "tcp.analysis.flags",
    "_ws.malformed",
    "tcp.checksum.status == 0",
    "ip.checksum.status == 0",
    "websocket.decompression.failed.expert",
  ];
  return tshark(file, "-Y", wrong.join(" || "));
}
