/** Python's wsproto and websockets, as clients and as servers: scripts that take commands as lines of JSON. */
import { spawnSync } from "node:child_process";
import type { Compression, Foreign, Kind } from "./foreign.ts";
import { Mailbox } from "./mailbox.ts";
import { Program } from "./programs.ts";
import { acceptChat, OurServer, Peer } from "./tcp.ts";

type Package = "wsproto" | "websockets";

const can: Record<Package, Kind["can"]> = {
  wsproto: {
    fragments: true,
    ping: true,
    tellPings: true,
    headers: ["Origin", "X-Custom"],
    drop: true,
    receiveByteOrderMark: true,
    closeWith: [1000, 3000, 4999, undefined],
    // 1014 is younger than its list of codes.
    beClosedWith: [1000, 3000, 4999, undefined],
    // Its zlib refuses a window of 8 bits.
    compress: { sends: true, windowBits: 9, breaksOnPing: true },
  },
  websockets: {
    fragments: true,
    ping: true,
    tellPings: false,
    headers: ["Origin", "X-Custom"],
    drop: true,
    receiveByteOrderMark: true,
    closeWith: [1000, 3000, 4999, 1014],
    beClosedWith: [1000, 3000, 4999, 1014, undefined],
    compress: { sends: true, windowBits: 9 },
  },
};

export const pythonKinds: readonly Kind[] = (["wsproto", "websockets"] as const).flatMap((name) => {
  const python = findPython(name);
  const missing = python === undefined ? `no Python with ${name}: install Debian's python3-${name}` : undefined;
  const script = `test/peers/python/${name}_peer.py`;
  const run = (role: "client" | "server", compression: Compression | undefined): Python => {
    if (python === undefined) throw new Error(missing);
    return new Python(new Program(python, ["-u", script, role, JSON.stringify(compression?.theirs ?? null)]));
  };
  const client: Kind = {
    name: `our server, the client of ${name}`,
    ours: "server",
    missing,
    can: can[name],
    async start(compression) {
      const server = await OurServer.listen(acceptChat, { extensions: compression?.ours ?? [] });
      const program = run("client", compression);
      let number = 0;
      return {
        async open({ subprotocols = [], headers = {} } = {}) {
          program.tell({ do: "open", number: ++number, host: "127.0.0.1", port: server.port, subprotocols, headers });
          const ours = await server.next();
          return { ours, theirs: await program.peer() };
        },
        async stop() {
          await program.stop();
          await server.close();
        },
      };
    },
  };
  const server: Kind = {
    name: `our client, the server of ${name}`,
    ours: "client",
    missing,
    can: can[name],
    async start(compression) {
      const program = run("server", compression);
      const { port } = await program.hears("listening");
      return {
        async open(options = {}) {
          const extensions = compression?.ours ?? [];
          const ours = Peer.connect(`ws://127.0.0.1:${String(port)}/`, { ...options, extensions });
          return { ours, theirs: await program.peer() };
        },
        stop: () => program.stop(),
      };
    },
  };
  return [client, server];
});

/** A Python that has the package; Debian's may not be the first on the path. */
function findPython(name: Package): string | undefined {
  return ["python3", "/usr/bin/python3"].find(
    (python) => spawnSync(python, ["-c", `import ${name}`], { stdio: "ignore" }).status === 0,
  );
}

/** A script that serves one connection after the other. */
class Python {
  readonly #program: Program;
  readonly #events = new Map<string, Mailbox<Record<string, unknown>>>();

  constructor(program: Program) {
    this.#program = program;
    program.onLine = (line) => {
      const event = JSON.parse(line) as Record<string, unknown>;
      const name = event.event as string;
      this.#box(name === "text" || name === "bytes" ? "message" : name).put(event);
    };
  }

  tell(command: object): void {
    this.#program.write(`${JSON.stringify(command)}\n`);
  }

  async hears(event: string): Promise<Record<string, unknown>> {
    try {
      return await this.#box(event).take(event);
    } catch (error) {
      throw new Error(this.#program.output.slice(-2000), { cause: error });
    }
  }

  async peer(): Promise<PythonPeer> {
    const { number, subprotocol, headers } = await this.hears("open");
    const seen = Object.entries(headers as Record<string, string>);
    const lowered = Object.fromEntries(seen.map(([name, value]) => [name.toLowerCase(), value]));
    return new PythonPeer(this, number as number, (subprotocol as string | null) ?? "", lowered);
  }

  stop(): Promise<void> {
    return this.#program.stop();
  }

  #box(event: string): Mailbox<Record<string, unknown>> {
    const box = this.#events.get(event) ?? new Mailbox();
    this.#events.set(event, box);
    return box;
  }
}

class PythonPeer implements Foreign {
  readonly subprotocol: string;
  readonly headers: Record<string, string>;
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #python: Python;
  /** A command that comes when its connection is over is not meant for the next one. */
  readonly #number: number;

  constructor(python: Python, number: number, subprotocol: string, headers: Record<string, string>) {
    this.#python = python;
    this.#number = number;
    this.subprotocol = subprotocol;
    this.headers = headers;
    this.closed = new Promise((resolve, reject) => {
      const taken = python.hears("closed");
      taken.then(({ code, reason }) => resolve({ code: code as number, reason: reason as string }), reject);
    });
    this.closed.catch(() => {});
  }

  send(data: string | Uint8Array, finished = true): void {
    if (typeof data === "string") this.#tell({ do: "text", text: data, finished });
    else this.#tell({ do: "bytes", base64: Buffer.from(data).toString("base64"), finished });
  }

  async message(): Promise<string | Uint8Array> {
    const message = await this.#python.hears("message");
    return typeof message.text === "string" ? message.text : bytesOf(message);
  }

  ping(payload: Uint8Array): void {
    this.#tell({ do: "ping", base64: Buffer.from(payload).toString("base64") });
  }

  async pinged(): Promise<Uint8Array> {
    return bytesOf(await this.#python.hears("ping"));
  }

  async ponged(): Promise<Uint8Array> {
    return bytesOf(await this.#python.hears("pong"));
  }

  close(code?: number, reason = ""): void {
    this.#tell({ do: "close", code: code ?? null, reason });
  }

  drop(): void {
    this.#tell({ do: "drop" });
  }

  #tell(command: object): void {
    this.#python.tell({ ...command, number: this.#number });
  }
}

function bytesOf({ base64 }: Record<string, unknown>): Uint8Array {
  return new Uint8Array(Buffer.from(base64 as string, "base64"));
}
