/** Starts programs as processes, for tests that use them from the outside. */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

export class Program {
  readonly #process: ChildProcessWithoutNullStreams;
  /** Its output, from both streams. */
  output = "";
  /** Its standard output, and its standard error. */
  readonly said = { stdout: "", stderr: "" };
  /** Is called with every line of the standard output. */
  onLine: ((line: string) => void) | undefined;
  /** Its exit code, once it has ended; `null` if a signal ended it. */
  readonly ended: Promise<number | null>;
  /** How long it may take to say what is waited for, in milliseconds. */
  patienceMs = 60_000;
  #changed = Promise.withResolvers<undefined>();

  /** `env` comes on top of the variables of this process. */
  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.#process = spawn(command, args, { cwd: root, env: { ...process.env, ...env } });
    const take = (stream: "stdout" | "stderr", text: string): void => {
      this.output += text;
      this.said[stream] += text;
      this.#changed.resolve(undefined);
      this.#changed = Promise.withResolvers();
    };
    this.#process.stdout.setEncoding("utf8").on("data", (text: string) => take("stdout", text));
    createInterface(this.#process.stdout).on("line", (line) => this.onLine?.(line));
    this.#process.stderr.setEncoding("utf8").on("data", (text: string) => take("stderr", text));
    this.ended = new Promise((resolve, reject) => {
      this.#process.on("close", resolve).on("error", reject);
    });
    void this.ended.catch(() => {}).then(() => this.#changed.resolve(undefined));
  }

  get pid(): number {
    return this.#process.pid!;
  }

  get standardStreams(): Pick<ChildProcessWithoutNullStreams, "stdin" | "stdout"> {
    return this.#process;
  }

  /** A TypeScript program of this repository, by its path from the top. */
  static node(path: string, ...args: string[]): Program {
    return new Program(process.execPath, [path, ...args]);
  }

  /** Waits until it has written something, and returns the match. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const late = AbortSignal.timeout(this.patienceMs);
    const lateness = new Promise<void>((resolve) => late.addEventListener("abort", () => resolve()));
    for (;;) {
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      if (late.aborted || this.#process.exitCode !== null) {
        throw new Error(`expected the program to say ${String(pattern)}, but it said:\n${this.output}`);
      }
      await Promise.race([this.#changed.promise, lateness]);
    }
  }

  /** The port in the URL that a server has printed. */
  async port(): Promise<number> {
    return Number((await this.says(/ws:\/\/127\.0\.0\.1:(\d+)/))[1]);
  }

  write(text: string): void {
    this.#process.stdin.write(text);
  }

  /** Ends its standard input, behind a last text if there is one. */
  end(text?: string | Uint8Array): void {
    // It may have ended without reading all of it.
    this.#process.stdin.on("error", () => {}).end(text);
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  /** Ends it, if it has not ended yet. */
  async stop(): Promise<void> {
    this.#process.kill();
    await this.ended;
  }
}
