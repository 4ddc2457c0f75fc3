/** The chat's connection: joins, connects again when it is lost, keeps what is said meanwhile, and notices silence. */

/** What the chat shows. */
export type ChatEvent =
  | { readonly type: "status"; readonly status: string; readonly protocol: string }
  | { readonly type: "message"; readonly from: string; readonly text: string };

export interface ChatOptions {
  readonly url: string;
  /** How long the server may say nothing before it is given up, in milliseconds; it is asked for a sign at half of that. */
  readonly silenceMs: number;
  /** How long opening may take, in milliseconds. */
  readonly patienceMs: number;
}

/** Codes after which there is no use in connecting again: the user has left, or may not enter. */
const FINAL_CODES = [1000, 4401];
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 400;

export class ChatConnection {
  readonly #options: ChatOptions;
  readonly #tell: (event: ChatEvent) => void;
  readonly #outbox: (string | Uint8Array<ArrayBuffer>)[] = [];
  #socket!: WebSocket;
  #waitMs = FIRST_WAIT_MS;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ChatOptions, tell: (event: ChatEvent) => void) {
    this.#options = options;
    this.#tell = tell;
    this.#connect();
  }

  /** Says something now, or as soon as there is a connection. */
  say(content: string | Uint8Array<ArrayBuffer>): void {
    this.#outbox.push(typeof content === "string" ? JSON.stringify({ type: "say", text: content }) : content);
    this.#empty();
  }

  leave(): void {
    this.#socket.close(1000, "left");
  }

  #connect(): void {
    const socket = new WebSocket(this.#options.url, ["chat.v2", "chat.v1"]);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    this.#show("connecting");
    const patience = setTimeout(() => socket.close(), this.#options.patienceMs);
    socket.onopen = () => {
      clearTimeout(patience);
      this.#waitMs = FIRST_WAIT_MS;
      socket.send(JSON.stringify({ type: "join", room: "hall" }));
      this.#empty();
      this.#show("online");
      this.#listen();
    };
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      this.#listen();
      if (typeof data === "string") this.#receive(JSON.parse(data) as { type: string; from?: string; text?: string });
      else this.#tell({ type: "message", from: "file", text: `${data.byteLength} bytes` });
    };
    socket.onclose = ({ code, reason }) => {
      clearTimeout(patience);
      clearTimeout(this.#silence);
      const isFinal = FINAL_CODES.includes(code);
      this.#show(isFinal ? `closed: ${code} ${reason}`.trim() : `offline: ${code}`);
      if (isFinal) return;
      setTimeout(() => this.#connect(), this.#waitMs);
      this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_WAIT_MS);
    };
  }

  #receive({ type, from = "", text = "" }: { type: string; from?: string; text?: string }): void {
    if (type === "message") this.#tell({ type: "message", from, text });
  }

  #empty(): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    for (const message of this.#outbox.splice(0)) this.#socket.send(message);
  }

  /** Waits for the next sign of the server. */
  #listen(asked = false): void {
    clearTimeout(this.#silence);
    const socket = this.#socket;
    this.#silence = setTimeout(() => {
      if (asked) {
        socket.close(4000, "silence");
        return;
      }
      socket.send(JSON.stringify({ type: "ping" }));
      this.#listen(true);
    }, this.#options.silenceMs / 2);
  }

  #show(status: string): void {
    this.#tell({ type: "status", status, protocol: this.#socket.protocol });
  }
}
