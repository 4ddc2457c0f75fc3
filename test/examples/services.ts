/**
 * Servers of Debian that the examples of `/server` use: real ones, each on a separate port and in a separate folder.
 */
import { execFileSync } from "node:child_process";
import { chownSync, existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { Program } from "../peers/programs.ts";

/** The path of a system's program, or `undefined`. Some are in folders that only root's `PATH` has. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", ...globSync("/usr/lib/postgresql/*/bin")];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/**
 * Whether to leave out the tests that need a program. Where `.ci/run` installs it, on CI as root, they run and fail
 * without it.
 */
export function isLeftOut(name: string): boolean {
  const isInstalled = process.env.CI !== undefined && process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");
  return findProgram(name) === undefined && !isInstalled;
}

/** A port that nobody listens on, outside the range from which the system gives ports to other tests. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer().listen(port, "127.0.0.1");
    const isFree = await new Promise((resolve) => {
      server.once("listening", () => resolve(true)).once("error", () => resolve(false));
    });
    if (isFree === false) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

export function temporaryFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `${name}-`));
}

/** A server that a test can take down and bring up again on the same port. */
export interface Service {
  readonly url: string;
  start(): Promise<void>;
  /** Takes it down at once, as a crash does. */
  crash(): Promise<void>;
  /** Runs a statement of SQL, as an administrator does. */
  sql?(statement: string): string;
  /** Takes it down and removes its folder. */
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startRedis(): Promise<Service> {
  const port = await freePort();
  const folder = temporaryFolder("redis");
  const options = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--dir", folder];
  return started(`redis://127.0.0.1:${port}`, folder, "SIGKILL", /Ready to accept connections/, () => [
    program("redis-server"),
    ...options,
  ]);
}

export async function startPostgres(): Promise<Service> {
  const port = await freePort();
  const folder = temporaryFolder("postgres");
  const asUser = asPostgres();
  if (asUser.length > 0) chownSync(folder, userId("-u"), userId("-g"));
  const data = join(folder, "data");
  const initdb = [...asUser, program("initdb"), "-D", data, "-A", "trust", "-U", "postgres", "--no-sync"];
  execFileSync(initdb[0]!, initdb.slice(1), { stdio: "pipe", cwd: folder });
  const options = ["-p", `${port}`, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-F"];
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  // Its SIGQUIT is a crash: connections are dropped, and the log is replayed at the next start.
  const service = await started(url, folder, "SIGQUIT", /ready to accept connections/, () => [
    ...asUser,
    program("postgres"),
    "-D",
    data,
    ...options,
  ]);
  return Object.assign(service, {
    sql: (statement: string) => execFileSync(program("psql"), [url, "-Atc", statement], { encoding: "utf8" }).trim(),
  });
}

/** Starts a PgBouncer in front of a PostgreSQL. */
export async function startPgBouncer(
  postgres: string,
  mode: "session" | "transaction",
): Promise<AsyncDisposable & { readonly url: string }> {
  const { port: postgresPort } = new URL(postgres);
  const port = await freePort();
  const folder = temporaryFolder("pgbouncer");
  const file = join(folder, "pgbouncer.ini");
  const settings = [
    "[databases]",
    `postgres = host=127.0.0.1 port=${postgresPort} user=postgres`,
    "[pgbouncer]",
    "listen_addr = 127.0.0.1",
    `listen_port = ${port}`,
    "unix_socket_dir =",
    "auth_type = any",
    `pool_mode = ${mode}`,
  ];
  writeFileSync(file, settings.join("\n"));
  if (asPostgres().length > 0) for (const path of [folder, file]) chownSync(path, userId("-u"), userId("-g"));
  const [path, ...args] = [...asPostgres(), program("pgbouncer"), file] as const;
  const pooler = new Program(path, args);
  pooler.patienceMs = 120_000;
  await pooler.says(/process up/);
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    async [Symbol.asyncDispose]() {
      pooler.signal("SIGKILL");
      await pooler.ended;
      rmSync(folder, { recursive: true });
    },
  };
}

/** What starts a program as the user `postgres`: it and PgBouncer refuse to run as root. */
function asPostgres(): string[] {
  return process.getuid?.() === 0 ? [program("setpriv"), "--reuid=postgres", "--regid=postgres", "--clear-groups"] : [];
}

function userId(kind: "-u" | "-g"): number {
  return Number(execFileSync("id", [kind, "postgres"], { encoding: "utf8" }));
}

function program(name: string): string {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`there is no ${name}: install Debian's package of it`);
  return path;
}

async function started(
  url: string,
  folder: string,
  crash: NodeJS.Signals,
  ready: RegExp,
  command: () => string[],
): Promise<Service> {
  let running: Program | undefined;
  const service: Service = {
    url,
    async start() {
      const [path = "", ...args] = command();
      running = new Program(path, args);
      running.patienceMs = 120_000;
      await running.says(ready);
    },
    async crash() {
      running?.signal(crash);
      await running?.ended;
      running = undefined;
    },
    async [Symbol.asyncDispose]() {
      await service.crash();
      rmSync(folder, { recursive: true });
    },
  };
  await service.start();
  return service;
}
