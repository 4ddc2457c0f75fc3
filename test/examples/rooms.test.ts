/** Rooms over two processes, through a real Redis and a real PostgreSQL that are taken down and come back. */
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import type { Program } from "../peers/programs.ts";
import { startExample } from "../support/runExample.ts";
import { isLeftOut, startPostgres, startRedis, type Service } from "./services.ts";

const patience = { timeout: 60_000 };

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
  { name: "Redis", program: "redis-server", start: startRedis, example: "redisServer", variable: "REDIS_URL" },
  { name: "PostgreSQL", program: "initdb", start: startPostgres, example: "postgresServer", variable: "POSTGRES_URL" },
])("rooms through $name", { timeout: 180_000 }, ({ program, start, example, variable }) => {
  describe.skipIf(isLeftOut(program))("of Debian", () => {
    let service: Service;
    const servers: Program[] = [];

    afterEach(async () => {
      for (const server of servers.splice(0)) {
        server.signal("SIGKILL");
        await server.ended;
      }
      await service[Symbol.asyncDispose]();
    });

    async function serve(): Promise<Program> {
      const server = startExample(`examples/rooms/${example}.ts`, [], { [variable]: service.url, PORT: "0" });
      servers.push(server);
      await server.port();
      return server;
    }

    test("what a member says reaches its room on the other process, and no other room", async () => {
      service = await start();
      const [one, two] = [await serve(), await serve()];
      const [ada, bob, eve] = [await Member.join(one, "a"), await Member.join(two, "a"), await Member.join(two, "b")];
      await ada.reaches(bob, "hello");
      ada.heard.length = bob.heard.length = 0;
      ada.socket.send("wörld 👋");
      ada.socket.send(Uint8Array.of(1, 2, 255));
      await expect.poll(() => bob.heard, patience).toEqual(["wörld 👋", Uint8Array.of(1, 2, 255).buffer]);
      expect([ada.heard, eve.heard]).toEqual([[], []]);
    });

    test("if a process is killed, the other goes on, and a new one joins it", async () => {
      service = await start();
      const [one, two] = [await serve(), await serve()];
      const [ada, bob] = [await Member.join(one, "a"), await Member.join(two, "a")];
      const carol = await Member.join(two, "a");
      await ada.reaches(bob, "hello");
      one.signal("SIGKILL");
      expect(await ada.closed).toBe(1006);
      carol.socket.send("still here");
      await expect.poll(() => bob.heard.at(-1), patience).toBe("still here");
      const dan = await Member.join(await serve(), "a");
      await dan.reaches(bob, "back");
      await bob.reaches(dan, "welcome");
    });

    test("while it is down, members of one process hear each other; when it is back, all do", async () => {
      service = await start();
      const [one, two] = [await serve(), await serve()];
      const [ada, bob] = [await Member.join(one, "a"), await Member.join(two, "a")];
      const carol = await Member.join(two, "a");
      await ada.reaches(bob, "hello");
      await service.crash();
      await one.says(/lost|closed|refused|terminat/i).catch(() => {});
      bob.socket.send("alone");
      await expect.poll(() => carol.heard.at(-1), patience).toBe("alone");
      ada.socket.send("lost or late");
      await new Promise((resolve) => setTimeout(resolve, 5000));
      await service.start();
      console.log("said", await ada.reaches(bob, "again"), await bob.reaches(ada, "again"));
      console.log(bob.heard, ada.heard, carol.heard, one.output, two.output);
      ada.heard.length = bob.heard.length = 0;
      for (let i = 0; i < 20; i++) ada.socket.send(`${i}`);
      await expect.poll(() => bob.heard.at(-1), patience).toBe("19");
      expect(ada.socket.readyState).toBe(WebSocket.OPEN);
    });
  });
});
