/** What the command prints: results on standard output, everything else on standard error. Colours only for people. */
import { createInterface, type Interface } from "node:readline";
import type { Writable } from "node:stream";

type Colour = "red" | "green" | "yellow" | "blue" | "dim";

const CODES: Readonly<Record<Colour, number>> = { red: 31, green: 32, yellow: 33, blue: 34, dim: 2 };

export class Terminal {
  /** Set while a person is typing. */
  #prompt: Interface | undefined;

  constructor() {
    for (const stream of [process.stdout, process.stderr]) {
      // Who read it, such as `head`, has had enough.
      stream.on("error", () => process.exit(0));
    }
  }

  /** Whether a person reads standard output. */
  get isShown(): boolean {
    return process.stdout.isTTY;
  }

  /** Whether a person types standard input. */
  get isTyped(): boolean {
    return process.stdin.isTTY;
  }

  /** Prints a line on standard output. */
  print(line: string): void {
    this.#above(process.stdout, `${line}\n`);
  }

  /** Prints a line on standard error. */
  note(line: string): void {
    this.#above(process.stderr, `${this.paint("dim", line, process.stderr)}\n`);
  }

  /** Says what went wrong. */
  fail(line: string): void {
    this.#above(process.stderr, `${this.paint("red", "error:", process.stderr)} ${line}\n`);
  }

  /** Writes to standard output. Resolves when there is room for more. */
  async write(data: string | Uint8Array): Promise<void> {
    await new Promise<void>((resolve) => process.stdout.write(data, () => resolve()));
  }

  /** The text in a colour, if the stream is a terminal and nobody asked for none (https://no-color.org). */
  paint(colour: Colour, text: string, stream: { readonly isTTY?: boolean } = process.stdout): string {
    const wanted = stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb";
    return wanted ? `\x1b[${CODES[colour]}m${text}\x1b[0m` : text;
  }

  /** The lines of standard input. If a person types them, there is a prompt. */
  async *lines(signal: AbortSignal): AsyncGenerator<string, void, undefined> {
    const { isTyped } = this;
    const reader = createInterface({ input: process.stdin, ...(isTyped && { output: process.stdout, prompt: "> " }) });
    const stop = (): void => reader.close();
    signal.addEventListener("abort", stop);
    if (isTyped) {
      this.#prompt = reader;
      reader.on("SIGINT", () => process.emit("SIGINT"));
      reader.prompt();
    }
    try {
      for await (const line of reader) {
        yield line;
        if (isTyped && !signal.aborted) reader.prompt();
      }
    } finally {
      signal.removeEventListener("abort", stop);
      this.#prompt = undefined;
      reader.close();
      process.stdin.pause();
    }
  }

  /** Resolves when everything that was printed is on its way. */
  async flush(): Promise<void> {
    const written = (stream: Writable): Promise<void> => new Promise((resolve) => stream.write("", () => resolve()));
    await Promise.all([written(process.stdout), written(process.stderr)]);
  }

  /** Writes in place of the line that is being typed, and shows that again below. */
  #above(stream: Writable, text: string): void {
    if (this.#prompt !== undefined) process.stdout.write("\r\x1b[K");
    stream.write(text);
    this.#prompt?.prompt(true);
  }
}
