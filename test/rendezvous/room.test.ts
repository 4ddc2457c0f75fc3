/** How peers find each other and stay connected, in virtual time under seeds of faults. */
import { describe, expect, test } from "vitest";
import { phases } from "../../src/rendezvous/pair.ts";
import { bytesOf } from "../../src/rendezvous/bytes.ts";
import { description, NO_FAULTS, World, type Faults, type Peer } from "./world.ts";

const SEEDS = 100;
const seeds = Array.from({ length: SEEDS }, (_, seed) => seed);

/** Faults that differ from seed to seed, so that some runs have much of one and nothing of another. */
function faultsOf({ random }: World): Faults {
  const some = (most: number): number => (random() < 0.3 ? 0 : random() * most);
  return { loss: some(0.6), repeat: some(0.5), delayMs: 1 + some(1500), drop: some(0.6) };
}

function worldOf(seed: number, faults?: Faults): World {
  const world = new World(seed, NO_FAULTS);
  world.faults = faults ?? faultsOf(world);
  return world;
}

const areConnected = (peers: readonly Peer[], count: number): boolean =>
  peers.every(({ current }) => current.length === count);

/** What holds for every pair that has met. */
function expectAgreement(peers: readonly Peer[], seed: number): void {
  const bySession = new Map<string, string[]>();
  for (const { met } of peers) {
    for (const { session, fingerprint } of met) {
      expect(fingerprint, `seed ${seed}`).toMatch(/^\d{3} \d{3}$/);
      bySession.set(session, [...(bySession.get(session) ?? []), fingerprint]);
    }
  }
  for (const [first, second = first] of bySession.values()) expect(second, `seed ${seed}`).toBe(first);
}

describe("two peers", () => {
  test("that start at once meet within a second, and then are silent", () => {
    for (const seed of seeds) {
      const world = worldOf(seed, NO_FAULTS);
      const peers = [world.join(), world.join()];
      expect(
        world.run(1000, () => areConnected(peers, 1)),
        `seed ${seed}`,
      ).toBe(true);
      expectAgreement(peers, seed);
      expect(peers.map(({ reports }) => reports)).toEqual([[], []]);
      world.run(world.nowMs + 2000);
      expect(Math.max(...peers.map(({ sent }) => sent))).toBeLessThan(20);
      const silence = peers.map(({ sent }) => sent);
      world.run(600_000);
      expect(
        peers.map(({ sent }) => sent),
        "and then are silent",
      ).toEqual(silence);
    }
  });
  test("meet however late the second one comes, and whatever the signals lose, repeat and reorder", () => {
    for (const seed of seeds) {
      const world = worldOf(seed);
      const first = world.join();
      world.run(world.random() * 20_000);
      const peers = [first, world.join()];
      world.run(world.nowMs + 60_000, () => areConnected(peers, 1));
      world.faults = { ...NO_FAULTS };
      expect(
        world.run(world.nowMs + 60_000, () => areConnected(peers, 1)),
        `seed ${seed}`,
      ).toBe(true);
      expectAgreement(peers, seed);
    }
  });
  test("get through a network that is cut again and again, without a new session", () => {
    for (const seed of seeds) {
      // In every other run texts of one round arrive in the next.
      const world = worldOf(seed, { ...NO_FAULTS, loss: 0.2, repeat: 0.5, delayMs: seed % 2 === 0 ? 300 : 6000 });
      const peers = [world.join(), world.join()];
      world.run(60_000, () => areConnected(peers, 1));
      for (let i = 0; i < 5; i++) {
        const { session } = peers[0]!.met.at(-1)!;
        world.cut(session);
        const isBack = (): boolean => peers.every(({ links }) => links.get(session)!.isConnected);
        expect(world.run(world.nowMs + 40_000, isBack), `seed ${seed}, cut ${i}`).toBe(true);
        world.run(world.nowMs + world.random() * 10_000);
      }
      expect(peers.map(({ met }) => met.map(({ over }) => over))).toEqual([[undefined], [undefined]]);
    }
  });
  test("make a new connection when restarts do not help, and the meeting goes on", () => {
    for (const seed of seeds.slice(0, 30)) {
      const world = worldOf(seed, { ...NO_FAULTS, loss: 0.2, repeat: 0.5, delayMs: seed % 2 === 0 ? 300 : 2000 });
      const peers = [world.join(), world.join()];
      world.run(60_000, () => areConnected(peers, 1));
      world.run(world.nowMs + 5000);
      for (let i = 0; i < 3; i++) {
        const { session } = peers[0]!.met[0]!;
        const renewed = peers.map((peer) => peer.renewed);
        world.cut(session, true);
        const isBack = (): boolean => peers.every(({ links }) => links.get(session)!.isConnected);
        expect(world.run(world.nowMs + 45_000, isBack), `seed ${seed}, cut ${i}`).toBe(true);
        for (const [at, peer] of peers.entries()) expect(peer.renewed).toBeGreaterThan(renewed[at]!);
        world.run(world.nowMs + 5000 + world.random() * 10_000);
      }
      expect(peers.map(({ met }) => met.map(({ over }) => over))).toEqual([[undefined], [undefined]]);
      expect(peers.flatMap(({ reports }) => reports)).toEqual([]);
    }
  });
  test("make a new connection if the answering end refuses to restart ICE, even if the refusal is lost at first", () => {
    for (const seed of seeds.slice(0, 30)) {
      const world = worldOf(seed, { ...NO_FAULTS, loss: 0.2, repeat: 0.5, delayMs: 300 });
      const peers = [world.join(), world.join()];
      for (const peer of peers) peer.restarts = "refused";
      world.run(60_000, () => areConnected(peers, 1));
      world.run(world.nowMs + 5000);
      const { session } = peers[0]!.met[0]!;
      // While the connection works, a refusal changes nothing.
      for (const peer of peers) {
        world.tell(peer, { type: "online" });
        world.run(world.nowMs + 10_000);
      }
      expect(peers.map(({ renewed }) => renewed)).toEqual([0, 0]);
      world.cut(session);
      const isBack = (): boolean => peers.every(({ links }) => links.get(session)!.isConnected);
      expect(world.run(world.nowMs + 20_000, isBack), `seed ${seed}`).toBe(true);
      expect(peers.map(({ renewed, met }) => [renewed > 0, met[0]!.over])).toEqual([
        [true, undefined],
        [true, undefined],
      ]);
      expectAgreement(peers, seed);
    }
  });
  test("go on if the answering end never answers a restart, and are lost within the bound if they are cut then", () => {
    for (const seed of seeds.slice(0, 10)) {
      const world = worldOf(seed, NO_FAULTS);
      const peers = [world.join(), world.join()];
      for (const peer of peers) peer.restarts = "ignored";
      world.run(10_000);
      for (const peer of peers) world.tell(peer, { type: "online" });
      world.run(60_000);
      const sent = peers.map((peer) => peer.sent);
      world.run(120_000);
      expect(areConnected(peers, 1)).toBe(true);
      expect(
        peers.map((peer) => peer.sent),
        "nobody asks for ever",
      ).toEqual(sent);
      world.cut(peers[0]!.met[0]!.session);
      world.run(170_000);
      expect(peers.map(({ met }) => met[0]!.over!.reason)).toEqual(["lost", "lost"]);
      for (const { met } of peers) expect(met[0]!.over!.atMs).toBeLessThanOrEqual(120_000 + 5000 + 30_000);
    }
  });
  test("keep a connection that a restart brings back", () => {
    for (const seed of seeds.slice(0, 20)) {
      const world = worldOf(seed, NO_FAULTS);
      const peers = [world.join(), world.join()];
      world.run(10_000);
      world.cut(peers[0]!.met[0]!.session);
      world.run(60_000);
      expect(peers.map(({ renewed, current }) => [renewed, current.length])).toEqual([
        [0, 1],
        [0, 1],
      ]);
    }
  });
  test("restart when a network comes, and the connection goes on", () => {
    const world = worldOf(1, NO_FAULTS);
    const peers = [world.join(), world.join()];
    world.run(10_000);
    for (const peer of peers) {
      const { session } = peer.met[0]!;
      const made = peer.links.get(session)!.made;
      world.tell(peer, { type: "online" });
      world.run(world.nowMs + 10_000);
      expect(peer.links.get(session)!.made).toBeGreaterThan(made);
    }
    expect(areConnected(peers, 1)).toBe(true);
  });
  test("notice a peer that is killed, within the bound, and look for another", () => {
    for (const seed of seeds.slice(0, 50)) {
      const world = worldOf(seed, NO_FAULTS);
      const [near, far] = [world.join(), world.join()];
      world.run(10_000);
      world.kill(far);
      world.run(100_000);
      // Five seconds until the connection says so, and lostMs.
      expect(near.met[0]!.over).toMatchObject({ reason: "lost" });
      expect(near.met[0]!.over!.atMs).toBeLessThanOrEqual(45_000);
      const another = world.join();
      expect(world.run(110_000, () => areConnected([near, another], 1))).toBe(true);
    }
  });
  test("learn at once that the other one has left", () => {
    const world = worldOf(1, NO_FAULTS);
    const [near, far] = [world.join(), world.join()];
    world.run(10_000);
    world.tell(near, { type: "stop" });
    world.run(10_200);
    expect([near.met[0]!.over!.reason, far.met[0]!.over!.reason]).toEqual(["closed", "left"]);
  });
});

describe("more than two", () => {
  test("of eight in a room, each pair meets, whatever the signals do", () => {
    for (const seed of seeds.slice(0, 8)) {
      const world = worldOf(seed);
      const peers = Array.from({ length: 8 }, () => world.join({ maxPeers: 7 }));
      world.run(60_000, () => areConnected(peers, 7));
      world.faults = { ...NO_FAULTS };
      expect(
        world.run(world.nowMs + 120_000, () => areConnected(peers, 7)),
        `seed ${seed}`,
      ).toBe(true);
      expectAgreement(peers, seed);
    }
  });
  test("of five that each want one other, two pairs come about, and one is left", () => {
    for (const seed of seeds.slice(0, 100)) {
      const world = worldOf(seed);
      const peers = Array.from({ length: 5 }, () => world.join());
      const isDone = (): boolean => peers.filter(({ current }) => current.length === 1).length === 4;
      world.run(30_000, isDone);
      world.faults = { ...NO_FAULTS };
      expect(world.run(world.nowMs + 120_000, isDone), `seed ${seed}`).toBe(true);
    }
  });
});

describe("signals are not to be trusted", () => {
  test("strangers' texts, forged and repeated ones change nothing, and what is kept stays bounded", () => {
    for (const seed of seeds.slice(0, 5)) {
      const world = worldOf(seed, { ...NO_FAULTS, delayMs: 50 });
      const secret = bytesOf("only the two know it");
      const peers = [world.join({ secret }), world.join({ secret })];
      const disturb = (): void => {
        const known = world.texts[Math.floor(world.random() * world.texts.length)] ?? "";
        const at = Math.floor(world.random() * known.length);
        const texts = [
          known,
          known.slice(0, at) + String.fromCharCode(32 + world.random() * 90) + known.slice(at + 1),
          known.slice(0, at),
          JSON.stringify({ p: "websocket-over/rendezvous/1", type: "hello", from: world.randomId() }),
          "x".repeat(world.random() * 40_000),
        ];
        for (const peer of peers) world.tell(peer, { type: "text", text: texts[Math.floor(world.random() * 5)] });
        world.after(world.random() * 60, disturb);
      };
      disturb();
      expect(
        world.run(60_000, () => areConnected(peers, 1)),
        `seed ${seed}`,
      ).toBe(true);
      world.run(world.nowMs + 20_000);
      expect(areConnected(peers, 1)).toBe(true);
      expect(peers.map(({ met }) => met.length)).toEqual([1, 1]);
      expect(Math.max(...peers.map(({ reports }) => reports.length))).toBeLessThan(100);
    }
  });
  test("a flood from strangers does not keep two that have met from restarting", () => {
    const world = worldOf(3, NO_FAULTS);
    const peers = [world.join(), world.join()];
    world.run(10_000, () => areConnected(peers, 1));
    const flood = (): void => {
      const text = JSON.stringify({ p: "websocket-over/rendezvous/1", type: "hello", from: world.randomId() });
      for (const peer of peers) for (let i = 0; i < 20; i++) world.tell(peer, { type: "text", text });
      world.after(10, flood);
    };
    flood();
    world.run(20_000);
    const { session } = peers[0]!.met[0]!;
    const sent = peers.map((peer) => peer.sent);
    world.cut(session);
    expect(world.run(60_000, () => peers.every(({ links }) => links.get(session)!.isConnected))).toBe(true);
    expect(Math.max(...peers.map((peer, i) => peer.sent - sent[i]!))).toBeLessThan(60);
    expect(Math.max(...peers.map(({ reports }) => reports.length))).toBeLessThan(60);
  });
  test.each(["busy", "bye", "again"])("a forged %s neither ends a connection nor keeps it busy", (type) => {
    for (const [one, two] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const world = worldOf(4, NO_FAULTS);
      const peers = [world.join(), world.join()];
      world.run(10_000);
      const [near, far] = [peers[one]!, peers[two]!];
      const { session } = near.met[0]!;
      const text = JSON.stringify({ p: "websocket-over/rendezvous/1", type, from: far.id, to: near.id, session });
      for (let second = 0; second < 20; second++) {
        for (let i = 0; i < 10; i++) world.tell(near, { type: "text", text });
        world.run(world.nowMs + 1000);
      }
      expect(areConnected(peers, 1)).toBe(true);
      // A round at most every two seconds, and none for the other two.
      expect(near.links.get(session)!.made).toBeLessThanOrEqual(type === "again" ? 12 : 1);
    }
  });
  test("a refusal without the right proof does not end a restart", () => {
    const world = worldOf(4, NO_FAULTS);
    const peers = [world.join(), world.join()];
    world.run(10_000);
    const [offering, answering] = [...peers].sort((a, b) => (a.id < b.id ? 1 : -1)) as [Peer, Peer];
    const { session } = offering.met[0]!;
    const forge = { p: "websocket-over/rendezvous/1", type: "refused", from: answering.id, to: offering.id, session };
    world.cut(session);
    for (let ms = 0; ms < 20_000; ms += 10) {
      for (let round = 2; round < 5; round++) {
        const text = JSON.stringify({ ...forge, round, proof: "0".repeat(64) });
        if (ms % 200 === 0) world.tell(offering, { type: "text", text });
      }
      world.run(world.nowMs + 10);
    }
    expect(areConnected(peers, 1)).toBe(true);
    expect(peers.map(({ renewed }) => renewed)).toEqual([0, 0]);
  });
  test("a stranger that begins anew again and again makes no more connections than texts are allowed", () => {
    const world = worldOf(2, NO_FAULTS);
    const peer = world.join({}, "0".repeat(32));
    const p = "websocket-over/rendezvous/1";
    const sdp = description("offer", "stranger", Array(32).fill("66").join(":"));
    for (let ms = 0; ms < 5000; ms += 5) {
      const offer = { p, type: "offer", from: "f".repeat(32), to: peer.id, round: 1, sdp, candidates: [] };
      world.tell(peer, { type: "text", text: JSON.stringify({ ...offer, session: world.randomId() }) });
      world.run(world.nowMs + 5);
    }
    expect(peer.links.size).toBeGreaterThan(100);
    expect(peer.links.size).toBeLessThanOrEqual(100 + 100 + 20 * 5);
  });
  test("an offer of another certificate is ignored in a session, and reported", () => {
    const world = worldOf(5, NO_FAULTS);
    const peers = [world.join(), world.join()];
    world.run(10_000);
    const answering = peers.find(({ id }) => peers.every((other) => other.id >= id))!;
    const offer = world.texts
      .map((text) => JSON.parse(text) as Record<string, unknown>)
      .find(({ type }) => type === "offer")!;
    const sdp = String(offer.sdp).replace(/sha-256 .*\r/, `sha-256 ${Array(32).fill("66").join(":")}\r`);
    world.tell(answering, { type: "text", text: JSON.stringify({ ...offer, round: 9, sdp }) });
    expect(answering.reports).toEqual(["a description has another certificate"]);
    expect(areConnected(peers, 1)).toBe(true);
  });
  test("a new connection without a proof, or with a wrong one, is ignored and reported", () => {
    for (const proof of ["0".repeat(64), undefined]) {
      const world = worldOf(9, NO_FAULTS);
      const peers = [world.join(), world.join()];
      world.run(10_000);
      world.forge = (text) => {
        const message = JSON.parse(text) as { proof?: string };
        return JSON.stringify(message.proof === undefined ? message : { ...message, proof });
      };
      world.cut(peers[0]!.met[0]!.session, true);
      world.run(120_000);
      const answering = peers.find(({ renewed }) => renewed === 0)!;
      expect(answering.reports).toContain(
        proof === undefined ? "a description has another certificate" : "the proof of a new connection is wrong",
      );
      expect(peers.map(({ met }) => met[0]!.over!.reason)).toEqual(["lost", "lost"]);
    }
  });
  test("a description with two fingerprints is ignored: a relay could show one and use the other", () => {
    const world = worldOf(8, NO_FAULTS);
    const [one, two] = [world.join(), world.join()];
    const forged = (text: string): string => {
      const message = JSON.parse(text) as { sdp?: string };
      if (message.sdp === undefined) return text;
      const sdp = message.sdp.replace(/(a=fingerprint.*\r\n)/, "$1$1");
      return JSON.stringify({ ...message, sdp });
    };
    world.forge = forged;
    world.run(60_000);
    expect([one, two].map(({ met }) => met.length)).toEqual([0, 0]);
    expect(two.reports.concat(one.reports)).toContain(
      "a text was ignored: it is not a message of websocket-over/rendezvous/1",
    );
  });
  test("peers with another secret, or none, do not meet", () => {
    const world = worldOf(6, NO_FAULTS);
    const peers = [undefined, bytesOf("one"), bytesOf("other")].map((secret) => world.join({ secret }));
    expect(world.run(60_000, () => peers.some(({ links }) => links.size > 0))).toBe(false);
  });
});

test("when the signals end, two that have met stay connected, and say so when the network fails", () => {
  const world = worldOf(7, NO_FAULTS);
  const peers = [world.join(), world.join()];
  world.run(10_000);
  for (const peer of peers) world.tell(peer, { type: "signalsEnded" });
  world.run(60_000);
  expect(areConnected(peers, 1)).toBe(true);
  const sent = peers.map((peer) => peer.sent);
  world.cut(peers[0]!.met[0]!.session);
  world.run(120_000);
  expect(peers.map(({ met, sent }) => [met[0]!.over!.reason, sent])).toEqual(sent.map((count) => ["lost", count]));
});

test("every phase can end, and nothing follows the end", () => {
  for (const [phase, next] of Object.entries(phases)) expect(next.end).toBe(phase === "over" ? undefined : "over");
  expect(phases.over).toEqual({});
});
