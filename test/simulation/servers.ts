/** Server programs: handlers of `serve` and `accept`, listeners of `WebSocketServer`, hooks of `crosswsAdapter`. */
import {
  accept,
  serve,
  type IncomingRequest,
  type ServeOptions,
  type WebSocketSession,
} from "../../src/stream/index.ts";
import {
  crosswsAdapter,
  WebSocketServer,
  type CrosswsHooks,
  type CrosswsMessage,
  type CrosswsPeer,
  type MessageBytes,
  type Peer,
  type WebSocketServerOptions,
} from "../../src/server/index.ts";
import { SimBlob } from "./blobs.ts";
import type { Draws } from "./choices.ts";
import type { Connection } from "./connection.ts";
import type { End } from "./laws.ts";
import { PlannedError } from "./misbehaviour.ts";
import type { SimTransport } from "./network.ts";
import type { Side, SideOptions } from "./options.ts";
import { drawSize, type Sent } from "./messages.ts";
import { close, PAUSES, runSession } from "./sessionProgram.ts";
import { Source } from "./source.ts";
import type { World } from "./world.ts";

export interface Server {
  bring(transport: SimTransport, connection: Connection): void;
  /** Stops the server as its application would, in the middle or at the end. */
  stop(): void;
  /** Takes no more connections, and leaves those that it has, as far as the server can do that. */
  shut(): void;
  /** Looks for what is left at the end. */
  check(): void;
}

const HANDLERS = [
  "accepts",
  "accepts",
  "accepts",
  "accepts",
  "accepts",
  "accepts",
  "acceptsLate",
  "rejects",
  "unanswered",
  "throwsBefore",
  "unoffered",
  "badHeader",
  "unofferedCaught",
  "neverAnswers",
  "throwsAfter",
  "returnsEarly",
  "neverReturns",
  "acceptsTwice",
] as const;

const never = new Promise<never>(() => undefined);

function indexOf(target: string): number {
  return Number(target.slice(target.lastIndexOf("/") + 1));
}

/** Answers one request, in one of many ways. */
async function handle(world: World, connection: Connection, request: IncomingRequest, draws: Draws): Promise<void> {
  const { server: end } = connection;
  const { agreement } = world;
  world.log(`${end.name} requested`);
  connection.asked = true;
  const refuse = (why: string, status: number): void => {
    const { nowMs: atMs } = world;
    connection.asked = false;
    // By prior knowledge there is no status to answer with.
    if (agreement.handshake === "http1") connection.refusal ??= { atMs, why, status };
    else connection.closeDue ??= { atMs, why, code: status === 500 && end.face === "serve" ? 1011 : 1008 };
  };
  /** What an answer of the application's own that can't be sent has for a consequence. */
  const mistake = (why: string): void => {
    if (agreement.handshake === "none") return;
    refuse(why, 500);
    if (world.handlerErrors === "warning") world.mistakes++;
  };
  const subprotocol = request.subprotocols[draws.below(request.subprotocols.length + 1)];
  const what = draws.pick(HANDLERS);
  const open = async (answer?: Parameters<IncomingRequest["accept"]>[0]): Promise<WebSocketSession> => {
    connection.asked = false;
    const session = await end.track("accept", request.accept({ subprotocol, ...answer }));
    connection.session = session;
    connection.onSession?.(session);
    return session;
  };
  const run = async (answer?: Parameters<IncomingRequest["accept"]>[0]): Promise<void> => {
    const session = await open(answer);
    runSession(world, end, session, draws);
    await session.closed;
  };
  switch (what) {
    case "acceptsLate":
      await world.sleep(draws.pick([5, 60, 400]));
      await run();
      return;
    case "accepts":
      await run();
      return;
    case "rejects": {
      const status = draws.pick([403, 410]);
      refuse("rejected", status);
      await end.track("reject", request.reject({ status, body: "no" }));
      const { outgoing } = end.transport;
      if (outgoing.writableEnded === undefined && (outgoing.writePending || outgoing.writtenBytes === 0)) {
        world.fail("tells the truth", "reject() is fulfilled before its answer was written");
      }
      return;
    }
    case "unanswered":
      world.mark("unanswered request");
      refuse("unanswered", 404);
      return;
    case "throwsBefore":
      world.mark("handler threw before the answer");
      if (draws.oneIn(2)) await world.sleep(5);
      refuse("the handler threw", 500);
      end.beginByLibrary("the handler's throw before the answer");
      throw world.handlerError("the handler, before the answer,");
    case "unoffered":
      world.mark("unoffered subprotocol");
      mistake("accept with an unoffered subprotocol");
      await run({ subprotocol: "not-offered" });
      return;
    case "unofferedCaught":
      world.mark("unoffered subprotocol");
      await run({ subprotocol: "not-offered" }).catch(() => {
        if (connection.session === undefined) refuse("accept with an unoffered subprotocol, caught", 500);
      });
      return;
    case "badHeader":
      world.mark("bad header in an answer");
      mistake("accept with a bad header");
      await run({ headers: [["x-bad", "a\r\nb"]] });
      return;
    case "neverAnswers":
      world.mark("handler never returned");
      connection.neverAnswered = true;
      await never;
      return;
    case "throwsAfter": {
      const session = await open();
      runSession(world, end, session, draws);
      const sleep = world.sleep(draws.pick([0, 5, 60, 200]));
      await Promise.race([sleep, session.closed.catch(() => undefined)]);
      world.mark("handler threw after the answer");
      if (!end.began && end.over === undefined) {
        connection.closeDue = { atMs: world.nowMs, why: "the handler threw after its answer", code: 1011 };
        end.beginByLibrary("the handler's throw");
      }
      throw world.handlerError("the handler, after the answer,");
    }
    case "returnsEarly": {
      const session = await open();
      runSession(world, end, session, draws);
      await world.sleep(draws.pick([0, 5, 60]));
      world.mark("handler returned early");
      return;
    }
    case "neverReturns": {
      const session = await open();
      runSession(world, end, session, draws);
      world.mark("handler never returned");
      await never;
      return;
    }
    case "acceptsTwice":
      await run().catch(() => undefined);
      await end.track("accept again", request.accept()).catch(() => undefined);
      return;
  }
}

export function startServe(world: World, side: Side, draws: Draws): Server {
  const controller = new AbortController();
  const signal = world.watch(controller.signal);
  const maxConnections = draws.pick([Infinity, Infinity, 1, 2]);
  const source = new Source(world, maxConnections);
  const hearing = draws.pick(["absent", "records", "throws", "rejects"] as const);
  const options: ServeOptions = {
    ...side.options,
    subprotocol: world.agreement.handshake === "none" ? world.agreement.protocols[0] : undefined,
    signal,
    maxConnections,
    ...(hearing !== "absent" && {
      onError: (error: unknown) => {
        world.told(error);
        if (hearing === "throws") throw world.defect("onError threw", "onError");
        if (hearing === "rejects") return Promise.reject(world.defect("onError threw", "onError, later,"));
        return undefined;
      },
    }),
  };
  world.handlerErrors = hearing === "absent" ? "warning" : "onError";
  world.originErrors = world.handlerErrors;
  const connections: Connection[] = [];
  const only = (): Connection => connections[0]!;
  const handler = (request: IncomingRequest): Promise<void> => {
    const connection = world.agreement.handshake === "none" ? only() : world.connections[indexOf(request.target)]!;
    connection.handling = true;
    const handled = handle(world, connection, request, world.choices.stream(`handler.${connection.index}`));
    const over = (): void => void (connection.handling = false);
    handled.then(over, over);
    return handled;
  };
  const { closeTimeoutMs } = side.options;
  let settled = false;
  const served = serve(source, handler, options);
  served.then(
    () => {
      settled = true;
      world.log("serve ok");
      for (const { server, handling } of connections) {
        const { given, endedMs } = server.transport;
        if (!given) continue;
        if (endedMs === undefined) world.fail("ends once", "serve is fulfilled before a transport has ended");
        else if (handling === true && !stopped && world.nowMs < endedMs + closeTimeoutMs) {
          world.fail("ends once", "serve does not wait for a handler");
        }
      }
    },
    (error: unknown) => {
      settled = true;
      world.fail("contains", `serve rejected with ${String(error)}`);
    },
  );
  let stopped = false;
  return {
    bring(transport, connection) {
      connections.push(connection);
      source.push(transport);
    },
    shut() {
      this.stop();
    },
    stop() {
      if (stopped) return;
      stopped = true;
      markStop(world);
      expectUnavailable(world, connections);
      for (const { server } of connections) if (server.transport.given) server.begin("the server's signal");
      controller.abort(new PlannedError("signal of serve"));
      world.after(closeTimeoutMs + side.lateMs + 1, () => {
        if (!settled) world.fail("ends in time", "serve is pending one closeTimeoutMs after its signal");
      });
    },
    check() {
      source.finish();
      world.after(closeTimeoutMs + side.lateMs + 1, () => {
        const left = connections.some(({ server }) => server.transport.given && !server.transport.hasEnded);
        if (!settled && !left) world.fail("ends in time", "serve is pending although there is nothing left to serve");
      });
    },
  };
}

function markStop(world: World): void {
  world.stoppedMs = Math.min(world.stoppedMs, world.nowMs);
  for (const { server, clientOutcome } of world.connections) {
    if (!server.transport.given) continue;
    if (server.opened && server.over === undefined) world.mark("server stopped while a connection was open");
    else if (clientOutcome === undefined) world.mark("server stopped while a request waited");
  }
}

/** Requests that the application still thinks about are answered with 503. */
function expectUnavailable(world: World, connections: readonly Connection[]): void {
  for (const connection of connections) {
    if (connection.asked !== true || world.agreement.handshake === "none") continue;
    connection.refusal ??= { atMs: world.nowMs, why: "the server stopped while the request waited", status: 503 };
  }
}

/** `accept` on each transport, one by one, without `serve` around it. */
export function startAccept(world: World, side: Side): Server {
  const connections: Connection[] = [];
  const controller = new AbortController();
  const signal = world.watch(controller.signal);
  return {
    bring(transport, connection) {
      connections.push(connection);
      const { server: end } = connection;
      if (controller.signal.aborted) return;
      transport.given = true;
      const draws = world.choices.stream(`handler.${connection.index}`);
      const { handshake, protocols } = world.agreement;
      const subprotocol = handshake === "none" ? protocols[0] : undefined;
      const serveOne = async (): Promise<void> => {
        const request = await end.track("accept request", accept(transport, { ...side.options, subprotocol, signal }));
        let status = 404;
        const handled = handle(world, connection, request, draws);
        end.exempt = connection.neverAnswered === true;
        await handled.catch(() => (status = 500));
        if (connection.session === undefined) await end.track("reject", request.reject({ status }));
        else if (status === 500) await connection.session.close({ closeCode: 1011 });
      };
      serveOne().catch(() => undefined);
    },
    shut() {
      this.stop();
    },
    stop() {
      markStop(world);
      const draws = world.choices.stream("stop");
      for (const connection of connections) {
        const { server: end, session } = connection;
        if (session === undefined) connection.onSession = (late) => close(end, late, draws);
        else if (end.over === undefined) close(end, session, draws);
      }
      controller.abort(new PlannedError("signal of accept"));
    },
    check: () => undefined,
  };
}

const VERIFY = ["absent", "absent", "absent", "absent", "yes", "late", "no", "throws", "rejects", "never"] as const;
const PROTOCOL = ["absent", "absent", "absent", "first", "unoffered", "throws", "rejects", "never", "false"] as const;

function refusalOf(world: World, index: number, why: string, status = 500): void {
  const connection = world.connections[index]!;
  connection.asked = false;
  connection.refusal ??= { atMs: world.nowMs, why, status };
}

/** What `WebSocketServer` takes of the options of a side: its connections begin with a request, and mask nothing. */
function peerOptions(given: SideOptions): WebSocketServerOptions {
  return Object.fromEntries(Object.entries(given).filter(([name]) => name !== "handshake" && name !== "random"));
}

export function startWebSocketServer(world: World, side: Side, draws: Draws): Server {
  const { options: given } = side;
  const verifying = draws.pick(VERIFY);
  const choosing = draws.pick(PROTOCOL);
  const maxConnections = draws.pick([Infinity, Infinity, 1, 2]);
  const withHeaders = draws.below(6);
  const answersPings = given.autoPong === false && draws.oneIn(2);
  const source = new Source(world, maxConnections);
  const options: WebSocketServerOptions = {
    ...peerOptions(given),
    maxConnections,
    ...(choosing !== "absent" && {
      handleProtocols: (offered: Set<string>, request: { url: string }) => {
        const index = indexOf(request.url);
        switch (choosing) {
          case "first":
            return [...offered][0];
          case "unoffered":
            world.mark("unoffered subprotocol");
            refusalOf(world, index, "handleProtocols chose what was not offered");
            world.mistakes++;
            return "not-offered";
          case "throws":
            world.mark("handleProtocols threw");
            refusalOf(world, index, "handleProtocols threw");
            throw world.defect("handleProtocols threw", "handleProtocols");
          case "rejects":
            refusalOf(world, index, "handleProtocols rejected");
            return Promise.reject(world.defect("handleProtocols threw", "handleProtocols, later"));
          case "never":
            return never;
          case "false":
            return false;
        }
      },
    }),
    ...(verifying !== "absent" && {
      verifyClient: (info: { req: { url: string } }, verified: (yes: boolean, status?: number) => void) => {
        const index = indexOf(info.req.url);
        const connection = world.connections[index]!;
        switch (verifying) {
          case "yes":
            verified(true);
            break;
          case "late":
            connection.asked = true;
            world.after(draws.pick([5, 60, 400]), () => {
              connection.asked = false;
              verified(true);
            });
            break;
          case "no":
            refusalOf(world, index, "verifyClient refused", 403);
            verified(false, 403);
            break;
          case "throws":
            refusalOf(world, index, "verifyClient threw");
            throw world.defect("verifyClient threw", "verifyClient");
          case "rejects":
            refusalOf(world, index, "verifyClient rejected");
            return Promise.reject(world.defect("verifyClient threw", "verifyClient, later"));
          case "never":
            connection.asked = true;
            world.mark("verifyClient never called back");
            break;
        }
        return undefined;
      },
    }),
  };
  world.originErrors = "warning";
  const server = new WebSocketServer(options);
  server.on("error", (error) => {
    world.log("server error");
    if (!(error.cause instanceof PlannedError || error instanceof PlannedError)) {
      world.fail("contains", `WebSocketServer error: ${error.message}`);
    }
  });
  server.on("wsClientError", () => world.log("wsClientError"));
  if (withHeaders === 5) {
    server.on("headers", (lines, { url }) => {
      world.mark("bad header in an answer");
      refusalOf(world, indexOf(url), "a header that can't be sent was added");
      lines.push("x bad: \u0001");
      world.mistakes++;
    });
  }
  server.on("connection", (peer, { url }) => {
    const connection = world.connections[indexOf(url)]!;
    runPeer(world, connection.server, peer, answersPings, world.choices.stream(`handler.${connection.index}`));
  });
  return transportServer(world, side, source, server, () => {
    for (const peer of server.clients ?? []) peer.terminate();
  });
}

/** What `WebSocketServer` and the adapter have in common: how they are given transports, and stopped. */
function transportServer(
  world: World,
  side: Side,
  source: Source,
  server: WebSocketServer,
  terminateAll: () => void,
): Server {
  const connections: Connection[] = [];
  void server.serve(source);
  let stopped = false;
  let closed = false;
  const shut = (): void => {
    if (world.shutMs < Infinity) return;
    world.shutMs = world.nowMs;
    expectUnavailable(world, connections);
    for (const { server: end } of connections) {
      if (!end.opened && end.transport.given) end.begin("the server's close()");
    }
    server.close(() => {
      closed = true;
      world.log("server closed");
    });
  };
  return {
    bring(transport, connection) {
      connections.push(connection);
      source.push(transport);
    },
    shut() {
      world.log("server shut");
      if (connections.some(({ server: end }) => end.opened && end.over === undefined)) {
        world.mark("server closed while peers stay");
      }
      shut();
    },
    stop() {
      if (stopped) return;
      stopped = true;
      markStop(world);
      shut();
      for (const { server: end } of connections) if (end.opened) end.begin("terminate()");
      world.mark("terminated");
      terminateAll();
      world.after(side.options.closeTimeoutMs + side.lateMs + 1, () => {
        if (!closed) world.fail("ends in time", "the server's close() is pending one closeTimeoutMs after terminate()");
      });
    },
    check() {
      if (server.clients !== undefined && server.clients.size > 0) {
        world.fail("leaves nothing behind", "server.clients has peers that are gone");
      }
    },
  };
}

const PEER_STEPS = [
  "send",
  "send",
  "burst",
  "ping",
  "close",
  "send",
  "wait",
  "closeBadly",
  "terminate",
  "pause",
  "destroy",
  "fragments",
] as const;

function runPeer(world: World, end: End, peer: Peer, answersPings: boolean, draws: Draws): void {
  end.open();
  end.readsAll = true;
  end.compressed = peer.extensions.includes("deflate");
  if (end.compressed) world.mark("compressed");
  const throwing = draws.below(8);
  if (draws.oneIn(8)) peer.binaryType = "blob";
  peer.on("message", (data, isBinary) => {
    if (data instanceof SimBlob) world.mark("Blob received");
    const bytes = data as MessageBytes;
    end.take(data instanceof SimBlob ? data.content : isBinary ? new Uint8Array(bytes) : bytes.toString());
    if (throwing === 7) throw world.defect("listener threw", "listener of message");
  });
  peer.on("error", (error) => end.heard("error", error));
  peer.on("pong", () => world.mark("ping answered"));
  if (answersPings) peer.on("ping", (payload) => end.call("pong", () => peer.pong(payload)));
  peer.on("close", (code) => {
    if (peer.wasClean && code === 1006) world.fail("tells the truth", "peer: wasClean and the code disagree");
    end.end(peer.wasClean, code);
  });
  if (throwing === 6) {
    throw world.defect("listener threw", "listener of connection");
  }
  void actPeer(world, end, peer, draws);
}

async function actPeer(world: World, end: End, peer: Peer, draws: Draws): Promise<void> {
  const steps = draws.below(7);
  const pace = draws.pick(PAUSES);
  const send = (size: number, kind: number): void => {
    const sent = end.send("s", size, kind);
    const { content } = sent;
    const data = typeof content !== "string" && draws.oneIn(6) ? world.blob(end, content, draws) : content;
    const called = done(sent);
    if (end.call("send", () => (peer.send(data, {}, called), true)) === undefined) called(new Error("refused"));
  };
  const terminate = (): void => {
    world.mark("terminated");
    end.begin("terminate()");
    peer.terminate();
    end.gaveUp("terminate()");
  };
  const acts = draws.pick(["not", "not", "not", "not", "not", "terminates", "closes", "sends"] as const);
  /** What is sent meanwhile continues the message. */
  let inMessage = false;
  let callsBefore = acts === "not" ? Infinity : draws.below(4);
  /** What an application does as soon as a message has been sent, or can't be. */
  const act = (): void => {
    if (callsBefore-- !== 0 || end.over !== undefined) return;
    world.mark("acted in a callback");
    if (acts === "terminates") terminate();
    else if (acts === "sends") {
      if (!inMessage) send(20, 0);
    } else {
      end.begin("close()");
      end.call("close", () => peer.close(3000));
    }
  };
  const done = (sent: Sent): ((error?: Error) => void) =>
    end.callback("callback", (error) => {
      sent.state = error === undefined ? "fulfilled" : "failed";
      act();
    });
  /** Whether it sent all of the message: whatever is sent else would continue it. */
  const sendFragments = async (): Promise<boolean> => {
    const sent = end.send("s", drawSize(draws), draws.below(4));
    const { content } = sent;
    const cut = draws.below(content.length);
    inMessage = true;
    const begun = end.callback("callback", () => undefined);
    const first = end.call("send fragment", () => (peer.send(content.slice(0, cut), { fin: false }, begun), true));
    if (first === undefined) begun(new Error("refused"));
    if (draws.oneIn(2)) await world.sleep(draws.pick([0, 5, 60]));
    world.mark("ping between fragments");
    end.call("ping", () => peer.ping("?"));
    if (draws.oneIn(4)) {
      world.mark("message stream left half way");
      end.peer?.leftHalfWay();
      return false;
    }
    const called = done(sent);
    inMessage = false;
    const last = end.call("send fragment", () => (peer.send(content.slice(cut), { fin: true }, called), true));
    if (last === undefined) called(new Error("refused"));
    return true;
  };
  for (let step = 0; step < steps; step++) {
    if (pace > 0 || draws.oneIn(3)) await world.sleep(draws.pick([pace, 0, 1]));
    if (end.over !== undefined) return;
    switch (draws.pick(PEER_STEPS)) {
      case "send":
        send(drawSize(draws), draws.below(4));
        break;
      case "burst": {
        const kind = draws.below(3);
        for (let left = 1 + draws.below(6); left > 0; left--) send(20, kind);
        break;
      }
      case "ping":
        end.call("ping", () => peer.ping("?"));
        break;
      case "fragments":
        if (!(await sendFragments())) return;
        break;
      case "close":
        end.begin("close()");
        end.call("close", () => peer.close(draws.pick([1000, 3000]), "done"));
        break;
      case "closeBadly":
        world.mark("closed with a bad code");
        end.call("close badly", () => peer.close(1006));
        break;
      case "terminate":
        terminate();
        break;
      case "destroy":
        end.begin("destroy()");
        peer._socket.destroy();
        end.gaveUp("destroy()");
        break;
      case "pause":
        world.mark("peer paused");
        end.pause();
        end.call("pause", () => peer.pause());
        await world.sleep(draws.pick([20, 150]));
        end.resume();
        end.touch(0);
        end.call("resume", () => peer.resume());
        break;
      case "wait":
        await world.sleep(draws.pick([100, 300]));
        break;
    }
  }
}

const UPGRADES = [
  "absent",
  "absent",
  "absent",
  "absent",
  "headers",
  "protocol",
  "unoffered",
  "unofferedHeader",
  "throws",
  "rejects",
  "response",
  "throwsResponse",
  "never",
  "late",
] as const;

export function startCrossws(world: World, side: Side, draws: Draws): Server {
  const { options: given } = side;
  const upgrading = draws.pick(UPGRADES);
  const failing = draws.pick(["none", "none", "none", "none", "open", "message", "close", "error"] as const);
  const later = draws.oneIn(2);
  const maxConnections = draws.pick([Infinity, Infinity, 1, 2]);
  const source = new Source(world, maxConnections);
  const hook = (name: string, end: End): Promise<void> | undefined => {
    if (failing !== name) return undefined;
    end.endsEarly = true;
    const error = world.defect(later ? "hook rejected" : "hook threw", `hook ${name}`);
    if (later) return Promise.reject(error);
    throw error;
  };
  const connectionOf = (peer: CrosswsPeer): Connection => world.connections[indexOf(peer.request.url)]!;
  const upgrade = (request: Request): unknown => {
    const index = indexOf(request.url);
    const [first] = world.agreement.protocols;
    switch (upgrading) {
      case "absent":
        return undefined;
      case "headers":
        return { headers: { "x-more": "1" } };
      case "protocol":
        return first === undefined ? {} : { protocol: first };
      case "unoffered":
        if (first === undefined) return {};
        world.mark("unoffered subprotocol");
        refusalOf(world, index, "the upgrade hook chose a protocol that was not offered");
        world.mistakes++;
        return { protocol: "not-offered" };
      case "unofferedHeader":
        if (first === undefined) return {};
        world.mark("unoffered subprotocol");
        refusalOf(world, index, "the upgrade hook's header chose a protocol that was not offered");
        world.mistakes++;
        return { headers: { "sec-websocket-protocol": "not-offered" } };
      case "throws":
        refusalOf(world, index, "the upgrade hook threw");
        throw world.defect("hook threw", "hook upgrade");
      case "rejects":
        refusalOf(world, index, "the upgrade hook rejected");
        return Promise.reject(world.defect("hook rejected", "hook upgrade"));
      case "response":
        refusalOf(world, index, "the upgrade hook returned a Response", 403);
        return new Response(null, { status: 403 });
      case "throwsResponse":
        refusalOf(world, index, "the upgrade hook threw a Response", 403);
        throw Object.assign(new PlannedError("a Response"), { response: new Response(null, { status: 403 }) });
      case "never":
        world.connections[index]!.asked = true;
        return never;
      case "late": {
        const connection = world.connections[index]!;
        connection.asked = true;
        return world.sleep(draws.pick([5, 60, 400])).then(() => void (connection.asked = false));
      }
    }
  };
  const hooks: CrosswsHooks = {
    upgrade,
    open: (peer: CrosswsPeer) => {
      const { server: end, index } = connectionOf(peer);
      end.open();
      end.readsAll = true;
      void actCrossws(world, end, peer, world.choices.stream(`handler.${index}`));
      return hook("open", end);
    },
    message: (peer: CrosswsPeer, message: CrosswsMessage) => {
      const { rawData } = message;
      connectionOf(peer).server.take(
        typeof rawData === "string" ? rawData : new Uint8Array(rawData as Uint8Array<ArrayBuffer>),
      );
      return hook("message", connectionOf(peer).server);
    },
    close: (peer: CrosswsPeer, { code }: { code: number }) => {
      connectionOf(peer).server.end(peer.websocket.wasClean, code);
      return hook("close", connectionOf(peer).server);
    },
    error: (peer: CrosswsPeer, error: unknown) => {
      const { cause } = error as { cause?: unknown };
      connectionOf(peer).server.heard("error", cause);
      return hook("error", connectionOf(peer).server);
    },
  };
  // Nobody listens to the server's own `error` event.
  world.handlerErrors = "warning";
  world.originErrors = "warning";
  const adapter = crosswsAdapter({
    hooks,
    serverOptions: { ...peerOptions(given), maxConnections },
  });
  const server = transportServer(world, side, source, adapter.server, () => {
    adapter.closeAll(undefined, undefined, true);
    for (const peer of adapter.server.clients ?? []) peer.terminate();
  });
  return {
    ...server,
    check() {
      server.check();
      let left = 0;
      for (const peers of adapter.peers.values()) left += peers.size;
      if (left > 0) world.fail("leaves nothing behind", "the adapter has peers that are gone");
    },
  };
}

async function actCrossws(world: World, end: End, peer: CrosswsPeer, draws: Draws): Promise<void> {
  const steps = draws.below(6);
  const pace = draws.pick(PAUSES);
  for (let step = 0; step < steps; step++) {
    if (pace > 0 || draws.oneIn(3)) await world.sleep(draws.pick([pace, 0, 1]));
    if (end.over !== undefined) return;
    switch (draws.pick(["send", "send", "send", "close", "terminate", "wait"] as const)) {
      case "send": {
        const sent = end.send("s", drawSize(draws), draws.below(4));
        end.call("send", () => peer.send(sent.content));
        break;
      }
      case "close":
        end.begin("close()");
        end.call("close", () => peer.close(draws.pick([1000, 3000]), "done"));
        break;
      case "terminate":
        world.mark("terminated");
        end.begin("terminate()");
        peer.terminate();
        break;
      case "wait":
        await world.sleep(draws.pick([100, 300]));
        break;
    }
  }
}
