/**
 * Every sequence of calls and inputs up to a length, at both ends of every opening, against the table `lifeCycle`: a
 * signal without a cell is refused and changes nothing, any other takes effect, and both ends agree in the end.
 */
import { describe, expect, test } from "vitest";
import {
  lifeCycle,
  LocalProtocolError,
  WSConnection,
  type ConnectionClosed,
  type ConnectionRequested,
  type ConnectionState,
  type ConnectionType,
  type Signal,
} from "../../src/index.ts";
import { hex } from "../support/wire.ts";

/** Both ends, what is on its way between them, and what each has told. */
class World {
  readonly ends: Record<ConnectionType, WSConnection>;
  readonly closed: Partial<Record<ConnectionType, ConnectionClosed>> = {};
  /** Whether somebody has sent what breaks the protocol. */
  spoilt = false;
  cut = false;
  #request: ConnectionRequested | undefined;

  constructor(handshake: "http1" | "none") {
    const make = (role: ConnectionType): WSConnection =>
      new WSConnection(role, {
        ...(role === "client" && { host: "a", resource: "/" }),
        handshake,
        random: (bytes) => bytes.fill(1),
      });
    this.ends = { client: make("client"), server: make("server") };
    if (handshake === "none") for (const role of roles) this.pull(role);
  }

  get request(): ConnectionRequested {
    return this.#request ?? ({} as ConnectionRequested);
  }

  pull(role: ConnectionType): void {
    const end = this.ends[role];
    for (const event of end.events()) {
      if (this.closed[role] !== undefined) throw new Error(`${event.type} after the end`);
      if (event.type === "connectionRequested") this.#request = event;
      if (event.type === "connectionClosed") this.closed[role] = event;
    }
    if (end.closed !== (this.closed[role] !== undefined)) throw new Error("closed and told are not the same");
  }

  /** What one end has to send comes to the other, which looks at it. */
  deliver(from: ConnectionType): void {
    const to = otherOf(from);
    this.ends[to].receiveBytes(this.ends[from].bytesToSend());
    this.pull(to);
  }
}

const roles = ["client", "server"] as const;
const otherOf = (role: ConnectionType): ConnectionType => (role === "client" ? "server" : "client");

interface Call {
  readonly name: string;
  /** What the table must have a cell for. */
  readonly signal: Signal;
  readonly role?: ConnectionType;
  readonly run: (world: World, role: ConnectionType) => void;
}

/** What the application may ask for, at either end. */
const calls: readonly Call[] = [
  { name: "send", signal: "sendMessage", run: ({ ends }, role) => ends[role].sendData("a") },
  { name: "fragment", signal: "sendMessage", run: ({ ends }, role) => ends[role].sendData("a", false) },
  { name: "ping", signal: "sendPing", run: ({ ends }, role) => ends[role].ping() },
  { name: "close", signal: "sendClose", run: ({ ends }, role) => ends[role].close(1000, "bye") },
  { name: "accept", signal: "accept", role: "server", run: ({ ends, request }) => ends.server.accept(request) },
  { name: "reject", signal: "reject", role: "server", run: ({ ends, request }) => ends.server.reject(request) },
  {
    name: "reject in pieces",
    signal: "reject",
    role: "server",
    run: ({ ends, request }) => ends.server.reject(request, { streamed: true }),
  },
  {
    name: "the last piece",
    signal: "sendRejectionData",
    role: "server",
    run: ({ ends }) => ends.server.sendRejectionData("x", true),
  },
];

/** What the network may do. */
const inputs: readonly { readonly name: string; readonly run: (world: World, role: ConnectionType) => void }[] = [
  { name: "deliver", run: (world, role) => world.deliver(role) },
  {
    name: "end",
    run: (world, role) => {
      if (world.cut) return;
      world.cut = true;
      for (const each of [role, otherOf(role)]) {
        world.ends[each].receiveBytes(null);
        world.pull(each);
      }
    },
  },
  {
    name: "spoil",
    run: (world, role) => {
      if (world.cut) return;
      world.spoilt = true;
      world.ends[role].receiveBytes(hex("ff ff"));
      world.pull(role);
    },
  },
];

interface Step {
  readonly name: string;
  readonly run: (world: World) => void;
}

const after = (signal: Signal, state: ConnectionState): ConnectionState | undefined => lifeCycle[state][signal];

/** A call obeys the table: it happens and leads where the table says, or it is refused and nothing has changed. */
function obeys(world: World, role: ConnectionType, { name, signal, run }: Call): void {
  const end = world.ends[role];
  const before = end.state;
  const buffered = end.bufferedAmount;
  const next = after(signal, before);
  let refusal: unknown;
  try {
    run(world, role);
  } catch (error) {
    refusal = error;
  }
  const is = `${role} ${name} while ${before}`;
  if (refusal !== undefined) {
    if (!(refusal instanceof LocalProtocolError)) throw new Error(`${is} threw what it may not`, { cause: refusal });
    if (end.state !== before || end.bufferedAmount !== buffered)
      throw new Error(`${is} was refused, and changed something`);
    // The only other reason to refuse: there is no such request.
    if (next !== undefined && refusal.code !== "unknownRequest")
      throw new Error(`${is} is in the table, and was refused`);
    return;
  }
  if (next === undefined) throw new Error(`${is} is not in the table, and was done`);
  const wanted = [next, after("finishRejection", next)];
  if (!wanted.includes(end.state)) throw new Error(`${is} led to ${end.state}, not to ${next}`);
  world.pull(role);
}

const steps: readonly Step[] = [
  ...calls.flatMap((call) =>
    roles
      .filter((role) => call.role === undefined || call.role === role)
      .map((role) => ({ name: `${role}: ${call.name}`, run: (world: World) => obeys(world, role, call) })),
  ),
  ...inputs.flatMap(({ name, run }) =>
    roles.map((role) => ({
      name: `${role}: ${name}`,
      run: (world: World) => {
        if (!(world.cut && name === "deliver")) run(world, role);
      },
    })),
  ),
];

/** What both ends have to agree on once all has been delivered and both streams have ended. */
function agree(world: World): void {
  for (let turn = 0; turn < 4 && !world.cut; turn++) for (const role of roles) world.deliver(role);
  for (const role of roles) {
    world.ends[role].receiveBytes(null);
    // A refused client may still get the reason: the application ends the body.
    if (role === "server" && world.ends.server.state === "rejecting") world.ends.server.sendRejectionData("", true);
    world.pull(role);
  }
  const { client, server } = world.closed;
  if (client === undefined || server === undefined) throw new Error("an end is not told");
  if (world.spoilt || world.cut) return;
  for (const [one, other] of [
    [client, server],
    [server, client],
  ] as const) {
    if (one.wasClean !== other.wasClean) throw new Error("one end is clean, and the other is not");
    if (one.error !== undefined) throw new Error(`nobody did wrong, but ${one.error.code}`);
    if (JSON.stringify(one.received) !== JSON.stringify(other.sent)) throw new Error("what was sent was not received");
  }
  // Both ends may have closed at once; else they agree on who was first.
  if (client.wasClean && client.initiator === "remote" && server.initiator === "remote")
    throw new Error("nobody was first");
}

/** Runs every sequence of this many steps, each in a new world. Returns their number, and the states that occurred. */
function tryAll(handshake: "http1" | "none", length: number): { count: number; states: Set<string> } {
  let count = 0;
  const states = new Set<string>();
  const indices = Array<number>(length).fill(0);
  for (;;) {
    const world = new World(handshake);
    try {
      for (const index of indices) {
        steps[index]!.run(world);
        for (const role of roles) states.add(world.ends[role].state);
      }
      agree(world);
    } catch (error) {
      const sequence = indices.map((index) => steps[index]!.name).join(", ");
      throw new Error(`${sequence}: ${(error as Error).message}`, { cause: error });
    }
    count++;
    let at = length - 1;
    while (at >= 0 && ++indices[at]! === steps.length) indices[at--] = 0;
    if (at < 0) return { count, states };
  }
}

describe("every sequence obeys the table, and both ends agree", () => {
  test.each([
    ["of an opening by HTTP/1.1", "http1", 4],
    ["of a connection that is open", "none", 4],
  ] as const)("%s", { timeout: 300_000 }, (_, handshake, longest) => {
    for (let length = 1; length <= longest; length++) {
      const { count } = tryAll(handshake, length);
      expect(count).toBe(steps.length ** length);
    }
  });

  test("there is a step for each signal, and the sequences visit every state", { timeout: 300_000 }, () => {
    const asked = new Set(calls.map(({ signal }) => signal));
    const inTable = new Set(Object.values(lifeCycle).flatMap((signals) => Object.keys(signals)));
    // A pong counts like a ping; the rest are actions of the peer and their consequences.
    const others = ["sendPong", "establish", "beRejected", "receiveClose", "finishRejection", "end", "fail"];
    expect([...asked, ...others].sort()).toEqual([...inTable].sort());
    const met = new Set([...tryAll("http1", 3).states, ...tryAll("none", 2).states]);
    // The connection leaves `remoteClosing` automatically, unless `answerLater` was called.
    expect([...met, "remoteClosing"].sort()).toEqual(Object.keys(lifeCycle).sort());
  });
});
