/** Rooms over two processes, through a real Redis and a real PostgreSQL that are taken down and come back. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Program } from "../peers/programs.ts";
import { startExample } from "../support/runExample.ts";
import { isLeftOut, startPgBouncer, startPostgres, startRedis, type Service } from "./services.ts";

const patience = { timeout: 120_000 };

/** A client in a room of a server. */
class Member {
  readonly heard: unknown[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<number>;

  private constructor(port: number, room: string) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/?room=${room}`);
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = ({ data }) => this.heard.push(data);
    this.closed = new Promise((resolve) => (this.socket.onclose = ({ code }) => resolve(code)));
  }

  static async join(server: Program, room: string): Promise<Member> {
    const member = new Member(await server.port(), room);
    onTestFinished(() => member.socket.close());
    await new Promise((resolve, reject) => {
      member.socket.onopen = resolve;
      member.socket.onerror = reject;
    });
    return member;
  }

  /** Speaks until the other hears it and everything that was said before. Returns how often it spoke. */
  async reaches(other: Member, text: string): Promise<number> {
    let said = 0;
    const told = (): boolean => {
      this.socket.send(`${text} ${++said}`);
      return other.heard.some((heard) => String(heard).startsWith(text));
    };
    await expect.poll(told, { ...patience, interval: 200 }).toBe(true);
    await expect.poll(() => other.heard.at(-1), patience).toBe(`${text} ${said}`);
    return said;
  }
}

describe.each([
  { kind: "Redis", needs: "redis-server", start: startRedis, example: "redisServer", variable: "REDIS_URL" },
  { kind: "PostgreSQL", needs: "initdb", start: startPostgres, example: "postgresServer", variable: "POSTGRES_URL" },
])(
  "two processes that share rooms through $kind",
  { timeout: 300_000 },
  ({ kind, needs, start, example, variable }) => {
    describe.skipIf(isLeftOut(needs))("of Debian", () => {
      let service: Service;
      let one: Program;
      let two: Program;
      const servers: Program[] = [];

      async function serve(): Promise<Program> {
        const server = startExample(`examples/rooms/${example}.ts`, [], { [variable]: service.url, PORT: "0" });
        server.patienceMs = 240_000;
        servers.push(server);
        await server.port();
        return server;
      }

      beforeAll(async () => {
        service = await start();
        [one, two] = await Promise.all([serve(), serve()]);
      }, 300_000);

      afterAll(async () => {
        for (const server of servers) {
          server.signal("SIGKILL");
          await server.ended;
        }
        await service[Symbol.asyncDispose]();
      });

      test("what a member says reaches its room on the other process in order, and no other room", async () => {
        const [ada, bob, eve] = [await Member.join(one, "a"), await Member.join(two, "a"), await Member.join(two, "b")];
        await ada.reaches(bob, "hello");
        bob.heard.length = 0;
        const said = Array.from({ length: 50 }, (_, i) => `${i}`);
        for (const text of said) ada.socket.send(text);
        ada.socket.send(Uint8Array.of(1, 2, 255));
        await expect.poll(() => bob.heard, patience).toEqual([...said, Uint8Array.of(1, 2, 255).buffer]);
        expect([ada.heard, eve.heard]).toEqual([[], []]);
      });

      test("while it is down, members of one process hear each other; when it is back, all do", async () => {
        const [ada, bob, carol] = [
          await Member.join(one, "a"),
          await Member.join(two, "a"),
          await Member.join(two, "a"),
        ];
        await ada.reaches(bob, "hello");
        await service.crash();
        await bob.reaches(carol, "alone");
        ada.socket.send("lost or late");
        await service.start();
        await ada.reaches(bob, "again");
        await bob.reaches(ada, "again");
        expect([ada, bob, carol].map(({ socket }) => socket.readyState)).toEqual([1, 1, 1]);
        // The client of Redis keeps it for later, the one of PostgreSQL loses it.
        if (kind === "PostgreSQL") {
          expect(bob.heard).not.toContain("lost or late");
          await one.says(/PostgreSQL, publish/);
        }
      });

      if (kind === "PostgreSQL") {
        test("when its connections are terminated, they are made again", async () => {
          const [ada, bob] = [await Member.join(one, "a"), await Member.join(two, "a")];
          await ada.reaches(bob, "hello");
          const others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'";
          const ended = service.sql!(`SELECT count(pg_terminate_backend(pid)) ${others}`);
          expect(Number(ended)).toBeGreaterThanOrEqual(2);
          await ada.reaches(bob, "again");
          await bob.reaches(ada, "again");
        });

        test("a message above 8,000 bytes stays in its process, and is reported", async () => {
          const [ada, bob, carol] = [
            await Member.join(one, "a"),
            await Member.join(two, "a"),
            await Member.join(one, "a"),
          ];
          await ada.reaches(bob, "hello");
          const long = "x".repeat(8_000);
          ada.socket.send(long);
          await expect.poll(() => carol.heard, patience).toContain(long);
          await one.says(/payload string too long/);
          await ada.reaches(bob, "short");
          expect(bob.heard).not.toContain(long);
        });
      }

      test("when a process is killed, the other goes on, and a new one joins it", async () => {
        const [ada, bob, carol] = [
          await Member.join(one, "a"),
          await Member.join(two, "a"),
          await Member.join(two, "a"),
        ];
        await ada.reaches(bob, "hello");
        one.signal("SIGKILL");
        expect(await ada.closed).toBe(1006);
        await carol.reaches(bob, "still here");
        const dan = await Member.join(await serve(), "a");
        await dan.reaches(bob, "back");
        await bob.reaches(dan, "welcome");
      });
    });
  },
);

describe.skipIf(isLeftOut("initdb") || isLeftOut("pgbouncer"))("through PgBouncer", { timeout: 300_000 }, () => {
  test.each([
    { mode: "session", hears: true },
    { mode: "transaction", hears: false },
  ] as const)("with pool_mode = $mode a process publishes, and hears the others: $hears", async ({ mode, hears }) => {
    await using postgres = await startPostgres();
    await using bouncer = await startPgBouncer(postgres.url, mode);
    const serve = (url: string): Program => {
      const server = startExample("examples/rooms/postgresServer.ts", [], { POSTGRES_URL: url, PORT: "0" });
      server.patienceMs = 240_000;
      onTestFinished(() => server.stop());
      return server;
    };
    const [pooled, direct, other] = [serve(bouncer.url), serve(postgres.url), serve(postgres.url)];
    const [ada, bob, carol] = [
      await Member.join(pooled, "a"),
      await Member.join(direct, "a"),
      await Member.join(other, "a"),
    ];
    await ada.reaches(bob, "from behind the pooler");
    if (hears) return void (await bob.reaches(ada, "to it"));
    await bob.reaches(carol, "to it");
    expect(ada.heard).toEqual([]);
  });
});
