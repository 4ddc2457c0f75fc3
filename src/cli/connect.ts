/** `connect URL`: a console for a WebSocket, for people and for pipes. */
import { readFileSync, writeFileSync } from "node:fs";
import { extname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Connection } from "../connection/connection.ts";
import type { ConnectionOptions } from "../connection/options.ts";
import { permessageDeflate } from "../deflate/index.ts";
import { recordVector, tap, toHAR, toPcapng, type Trace, type VectorRecording } from "../inspect/index.ts";
import { connect as openSession } from "../stream/connect.ts";
import type { CloseInfo, WebSocketSession } from "../stream/session.ts";
import { parseWebSocketURL } from "../stream/webSocketURL.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { dial } from "../transports/nodeDial.ts";
import { CommandError, complaint, ExitStatus, UsageError } from "./failure.ts";
import type { Terminal } from "./terminal.ts";
import { listOption, textOption, type Values, type Verb } from "./verb.ts";
import { visible } from "./visible.ts";
import { explainRecord, hexOf } from "./words.ts";

export const connect: Verb = {
  name: "connect",
  usage: "connect [options] URL",
  summary: "a console: lines are messages, and messages are lines",
  details: `Each line of standard input is sent as a text message. Each message that comes is a line on standard output;
what is said about the connection goes to standard error. At the end of the input the connection is closed.
If you type the lines, these are commands; --slash makes them so for other input:
  /ping                  send a ping, and tell the round trip
  /close [CODE [REASON]] close the connection
  //TEXT                 send a line that begins with a slash
Example: echo hi | websocket-over connect wss://echo.example --once`,
  options: {
    subprotocol: { type: "string", short: "s", multiple: true, value: "NAME", help: "offer it; several in order" },
    header: { type: "string", short: "H", multiple: true, value: "'NAME: VALUE'", help: "add it to the request" },
    origin: { type: "string", short: "o", value: "ORIGIN", help: "say that a page of it asks" },
    compress: { type: "boolean", short: "c", help: "offer permessage-deflate" },
    binary: {
      type: "boolean",
      short: "b",
      help: "lines are binary messages; from a pipe all of the input is one, and output is raw",
    },
    once: { type: "boolean", short: "1", help: "end with the first message that comes" },
    wait: { type: "string", value: "SECONDS", help: "stay open so long after the end of the input; 0 by default" },
    slash: { type: "boolean", help: "obey commands from a pipe, too" },
    frames: { type: "boolean", short: "f", help: "explain every frame, bit by bit" },
    save: { type: "string", value: "FILE", help: "keep all in FILE: .har, .pcapng, or .json to replay" },
    proxy: { type: "string", value: "URL", help: "connect through an HTTP proxy" },
    ca: { type: "string", value: "FILE", help: "trust the certificates in this PEM file" },
    insecure: { type: "boolean", help: "trust every certificate" },
    timeout: { type: "string", value: "SECONDS", help: "for connecting and for closing; 10 by default" },
  },
  positionals: [1, 1],
  async run([address], values, terminal, { signal }) {
    const url = urlOf(address!);
    const timeoutMs = millisecondsOf(values, "timeout", 10_000);
    const waitMs = millisecondsOf(values, "wait", 0);
    if (timeoutMs === 0) throw new UsageError("--timeout takes more than 0 seconds");
    const headers = headersOf(values);
    requireProxy(values);
    const recorder = new FrameRecorder(values, terminal, url.protocol === "wss:");
    try {
      const transport = await transportTo(url, values, signal, timeoutMs);
      const session = await openSession(transport, {
        url,
        signal,
        protocols: listOption(values, "subprotocol"),
        headers,
        ...(typeof values.origin === "string" && { origin: values.origin }),
        ...(values.compress === true && { extensions: [permessageDeflate()] }),
        handshakeTimeoutMs: timeoutMs,
        closeTimeoutMs: timeoutMs,
        // Messages are printed as they come, and not kept.
        limits: { maxMessageBytes: Infinity, maxFrameBytes: Infinity, maxFragments: Infinity },
        onConnection: (connection, options) => recorder.observe(connection, options),
      });
      return await new Console(session, values, terminal, waitMs).run(signal);
    } catch (error) {
      if (signal.aborted) return ExitStatus.DONE;
      throw error;
    } finally {
      recorder.save();
    }
  },
};

function urlOf(text: string): URL {
  // "localhost:8080" would be a URL of the scheme "localhost".
  const address = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `ws://${text}`;
  try {
    return parseWebSocketURL(address);
  } catch (error) {
    throw new UsageError(`${visible(text)}: ${complaint(error)}`);
  }
}

function millisecondsOf(values: Values, name: string, otherwise: number): number {
  const text = textOption(values, name);
  if (text === undefined) return otherwise;
  const seconds = Number(text);
  if (text.trim() === "" || !(seconds >= 0 && seconds <= 86_400)) {
    throw new UsageError(`--${name} takes seconds, such as 10, not ${visible(text)}`);
  }
  return seconds * 1000;
}

function requireProxy(values: Values): void {
  const proxy = textOption(values, "proxy");
  if (proxy === undefined) return;
  const { protocol, hostname } = URL.parse(proxy) ?? {};
  if ((protocol === "http:" || protocol === "https:") && hostname !== "") return;
  throw new UsageError(`--proxy takes http://HOST:PORT or https://HOST:PORT, not ${visible(proxy)}`);
}

function headersOf(values: Values): [string, string][] {
  return listOption(values, "header").map((line) => {
    const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined) throw new UsageError(`--header takes 'NAME: VALUE', not ${visible(line)}`);
    return [name, value!];
  });
}

async function transportTo(url: URL, values: Values, signal: AbortSignal, timeoutMs: number): Promise<ByteTransport> {
  const ca = textOption(values, "ca");
  const tls = {
    ...(ca !== undefined && { ca: readFileSync(ca) }),
    ...(values.insecure === true && { rejectUnauthorized: false }),
  };
  return await dial(url, { signal, tls, timeoutMs, proxy: textOption(values, "proxy") });
}

/** Runs the session between standard input and standard output. */
class Console {
  readonly #session: WebSocketSession;
  readonly #values: Values;
  readonly #terminal: Terminal;
  readonly #waitMs: number;
  readonly #obeys: boolean;
  /** Aborted when there is nothing more to read from standard input. */
  readonly #over = new AbortController();
  #received = 0;

  constructor(session: WebSocketSession, values: Values, terminal: Terminal, waitMs: number) {
    this.#session = session;
    this.#values = values;
    this.#terminal = terminal;
    this.#waitMs = waitMs;
    this.#obeys = terminal.isTyped || values.slash === true;
  }

  async run(signal: AbortSignal): Promise<ExitStatus> {
    const { protocol, extensions } = this.#session;
    const agreed = [protocol, extensions].filter((text) => text !== "").map(visible);
    this.#terminal.note(`connected${agreed.map((text) => `, ${text}`).join("")}`);
    const stop = (): void => void this.#session.close({ closeCode: 1000 }).catch(() => undefined);
    signal.addEventListener("abort", stop);
    const receiving = this.#receive().finally(() => this.#over.abort());
    const sending = this.#send().catch((error: unknown) => error);
    await receiving.catch(() => undefined);
    const info = await this.#session.closed.catch((error: unknown) => error as Error);
    signal.removeEventListener("abort", stop);
    // Reports why a line could not be sent, unless the connection has failed: its error says more.
    void sending;
    return this.#tellEnd(info);
  }

  #tellEnd(info: CloseInfo | Error): ExitStatus {
    if (info instanceof Error) throw info;
    const { closeCode, reason, initiator } = info;
    const why = reason === "" ? "" : `, "${visible(reason)}"`;
    this.#terminal.note(`closed by ${initiator === "remote" ? "the server" : "this side"}: ${closeCode}${why}`);
    if (this.#values.once === true && this.#received === 0)
      throw new CommandError("the connection closed before a message came");
    const isUsual = initiator === "local" || [1000, 1001, 1005].includes(closeCode);
    return isUsual ? ExitStatus.DONE : ExitStatus.FAILED;
  }

  async #send(): Promise<void> {
    if (this.#values.binary === true && !this.#terminal.isTyped) await this.#sendAll();
    else await this.#sendLines();
    if (this.#values.once === true && !this.#terminal.isTyped) return;
    await sleep(this.#waitMs, undefined, { signal: this.#over.signal });
    await this.#session.close({ closeCode: 1000 });
  }

  /** Sends standard input as one message, as it comes. */
  async #sendAll(): Promise<void> {
    const writer = this.#session.createMessageStream("binary").getWriter();
    for await (const chunk of process.stdin) await writer.write(chunk as Uint8Array<ArrayBuffer>);
    await writer.close();
  }

  async #sendLines(): Promise<void> {
    for await (const line of this.#terminal.lines(this.#over.signal)) {
      if (this.#obeys && line.startsWith("/") && !line.startsWith("//")) {
        if (!this.#obey(line.slice(1))) return;
        continue;
      }
      const text = this.#obeys && line.startsWith("//") ? line.slice(1) : line;
      await this.#session.send(this.#values.binary === true ? new TextEncoder().encode(text) : text);
    }
  }

  /** Carries out a command. Returns whether the connection stays open. */
  #obey(command: string): boolean {
    const [, name = "", rest = ""] = /^(\S*)\s*(.*)$/s.exec(command) ?? [];
    switch (name) {
      case "ping":
        this.#session.ping().then(
          (ms) => this.#terminal.note(`pong after ${ms.toFixed(1)} ms`),
          () => undefined, // the end of the connection is reported elsewhere
        );
        return true;
      case "close": {
        const [, code, reason = ""] = /^(\d*)\s*(.*)$/s.exec(rest)!;
        const closeCode = code === "" ? 1000 : Number(code);
        try {
          void this.#session.close({ closeCode, reason }).catch(() => undefined);
          return false;
        } catch (error) {
          this.#terminal.fail(complaint(error));
          return true;
        }
      }
      default:
        this.#terminal.fail(`there is no command /${visible(name)}: there are /ping and /close, and // for a slash`);
        return true;
    }
  }

  async #receive(): Promise<void> {
    for await (const { type, readable } of this.#session.incomingMessageStreams) {
      if (type === "text") await this.#print(readable);
      else await this.#printBytes(readable);
      this.#received++;
      if (this.#values.once !== true) continue;
      void this.#session.close({ closeCode: 1000 }).catch(() => undefined);
      return;
    }
  }

  async #print(readable: ReadableStream<string>): Promise<void> {
    if (this.#terminal.isShown) {
      let text = "";
      for await (const piece of readable) text += piece;
      this.#terminal.print(`${this.#terminal.paint("green", "<")} ${visible(text)}`);
      return;
    }
    for await (const piece of readable) await this.#terminal.write(piece);
    await this.#terminal.write("\n");
  }

  async #printBytes(readable: ReadableStream<Uint8Array>): Promise<void> {
    if (this.#values.binary === true && !this.#terminal.isShown) {
      for await (const piece of readable) await this.#terminal.write(piece);
      return;
    }
    let length = 0;
    let start: Uint8Array | undefined;
    for await (const piece of readable) {
      start ??= piece.slice(0, 17);
      length += piece.length;
    }
    this.#terminal.print(`${this.#terminal.paint("green", "<")} ${length} bytes: ${hexOf(start ?? new Uint8Array(0))}`);
  }
}

const FORMATS = [".har", ".pcapng", ".json"];

/** Explains frames as they pass, and keeps what `--save` writes. */
class FrameRecorder {
  readonly #values: Values;
  readonly #terminal: Terminal;
  readonly #encrypted: boolean;
  readonly #file: string | undefined;
  #trace: Trace | undefined;
  #vector: VectorRecording | undefined;

  /** Throws if the file can't be written, before anything is sent. */
  constructor(values: Values, terminal: Terminal, encrypted: boolean) {
    this.#values = values;
    this.#terminal = terminal;
    this.#encrypted = encrypted;
    this.#file = textOption(values, "save");
    if (this.#file === undefined) return;
    if (!FORMATS.includes(extname(this.#file))) {
      throw new UsageError(`--save takes a file named ${FORMATS.join(", ")}, not ${this.#file}`);
    }
    writeFileSync(this.#file, "");
  }

  observe(connection: Connection, connectionOptions: ConnectionOptions): void {
    if (this.#file !== undefined && extname(this.#file) === ".json") {
      this.#vector = recordVector(connection, connectionOptions);
    }
    const shown = new Set<number>();
    this.#trace = tap(connection, {
      connectionOptions,
      onRecord: (record) => {
        if (this.#values.frames !== true || !record.complete || shown.has(record.id)) return;
        shown.add(record.id);
        this.#terminal.note(explainRecord(record, this.#terminal));
      },
    });
  }

  save(): void {
    if (this.#file === undefined || this.#trace === undefined) return;
    writeFileSync(this.#file, this.#contents(this.#trace));
    this.#terminal.note(`saved in ${this.#file}`);
  }

  #contents(trace: Trace): string | Uint8Array {
    if (this.#vector !== undefined) return JSON.stringify(this.#vector.vector(), null, 1);
    if (extname(this.#file!) === ".har") return JSON.stringify(toHAR(trace, { encrypted: this.#encrypted }), null, 1);
    return toPcapng(trace);
  }
}
