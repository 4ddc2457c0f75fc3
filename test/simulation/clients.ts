/** Client programs: a session from `connect`, and a socket of the class. */
import { connect, type WebSocketSession } from "../../src/stream/index.ts";
import { createWebSocketClass, type WebSocketOver } from "../../src/websocket/index.ts";
import { SimBlob } from "./blobs.ts";
import type { Draws } from "./choices.ts";
import type { Connection } from "./connection.ts";
import type { End } from "./laws.ts";
import { PlannedError } from "./misbehaviour.ts";
import type { Side } from "./options.ts";
import { drawSize } from "./messages.ts";
import { close, PAUSES, runSession } from "./sessionProgram.ts";
import type { World } from "./world.ts";

/** Ends what a client has, at the end of the world. */
export type TearDown = () => void;

export function startSession(world: World, connection: Connection, side: Side, draws: Draws): TearDown {
  const { client: end, link, index } = connection;
  const { options } = side;
  const controller = new AbortController();
  const signal = world.watch(controller.signal);
  const abortAt = draws.below(8);
  let session: WebSocketSession | undefined;
  const abort = (): void => {
    if (controller.signal.aborted) return;
    if (session === undefined) {
      connection.clientGaveUp = true;
      if (link.client.given) end.begin("abort of the opening");
    }
    controller.abort(new PlannedError("signal of connect"));
    if (connection.clientOutcome === undefined) end.gaveUp("abort of the opening");
  };
  if (abortAt === 6) {
    world.mark("abort before the opening handshake");
    abort();
  } else {
    link.client.given = true;
  }
  if (abortAt === 7) {
    world.after(draws.pick([0, 1, 10, 60, 200]), () => {
      if (session === undefined) world.mark("abort during the opening handshake");
      abort();
    });
  }
  const { protocols } = world.agreement;
  const opening = connect(link.client, { ...options, url: `ws://sim/${index}`, protocols, signal });
  end.opening(options.handshakeTimeoutMs);
  connection.handshakeDueMs = world.nowMs + options.handshakeTimeoutMs;
  end.track("connect", opening).then(
    (opened) => {
      connection.clientOutcome = "opened";
      session = runSession(world, end, opened, draws);
    },
    (error: unknown) => {
      const { rejection, cause } = error as { rejection?: { status: number }; cause?: { code?: string } };
      connection.clientOutcome = rejection?.status ?? "failed";
      if (rejection !== undefined) world.mark("server refused");
      if (cause?.code === "handshakeTimeout") world.mark("handshake timed out");
      end.begin("the opening failed");
    },
  );
  return () => {
    if (session === undefined) abort();
    else if (end.over === undefined) close(end, session, draws);
  };
}

const DIALS = ["gives", "gives", "gives", "gives", "later", "rejects", "throws", "never"] as const;

const SOCKET_STEPS = ["send", "send", "burst", "close", "send", "wait", "closeBadly", "terminate"] as const;

export function startSocket(world: World, connection: Connection, side: Side, draws: Draws): TearDown {
  const { client: end, link, index } = connection;
  const { options } = side;
  const dialing = draws.pick(DIALS);
  const { protocols } = world.agreement;
  const give = () => {
    link.client.given = true;
    return link.client;
  };
  const WebSocket = createWebSocketClass((_url, _protocols, signal) => {
    world.watch(signal);
    switch (dialing) {
      case "gives":
        return give();
      case "later":
        return world.sleep(draws.pick([20, 200, 400])).then(give);
      case "rejects":
        return Promise.reject(new PlannedError("dial rejected"));
      case "throws":
        throw new PlannedError("dial threw");
      case "never":
        return new Promise<never>(() => undefined);
    }
  }, options);
  const socket = end.call("new WebSocket", () => new WebSocket(`ws://sim/${index}`, [...protocols]));
  if (socket === undefined) {
    // `onConnection` threw: there is no socket.
    end.end(false, 1006);
    return () => undefined;
  }
  const asBlobs = draws.oneIn(4);
  socket.binaryType = asBlobs ? "blob" : "arraybuffer";
  connection.handshakeDueMs = world.nowMs + options.handshakeTimeoutMs;
  world.after(options.handshakeTimeoutMs + options.closeTimeoutMs + side.lateMs + 1, () => {
    if (!end.opened && end.over === undefined) {
      world.fail("ends in time", "class client: the opening takes longer than its timeout and closeTimeoutMs");
    }
  });
  if (dialing !== "gives") connection.clientGaveUp = true;
  const throwing = draws.below(10);
  const listener = (name: string): void => {
    if (throwing !== (name === "message" ? 8 : name === "open" ? 9 : -1)) return;
    throw world.eventError("listener threw", `the class's listener of ${name}`);
  };
  end.readsAll = true;
  const ended = (name: string): void => {
    if (end.over !== undefined) world.fail("ends once", `class: ${name} after close`);
  };
  socket.addEventListener("open", () => {
    ended("open");
    end.open();
    connection.clientOutcome = "opened";
    end.compressed = socket.extensions.includes("deflate");
    if (end.compressed) world.mark("compressed");
    void actSocket(world, end, socket, draws);
    listener("open");
  });
  socket.addEventListener("message", ({ data }) => {
    if (data instanceof SimBlob) world.mark("Blob received");
    end.take(
      typeof data === "string" ? data : data instanceof SimBlob ? data.content : new Uint8Array(data as ArrayBuffer),
    );
    listener("message");
  });
  socket.addEventListener("error", (event) => {
    ended("error");
    const { cause } = event as Event & { cause?: { rejection?: { status: number }; cause?: { code?: string } } };
    end.heard("error event", cause);
    if (cause?.cause?.code === "handshakeTimeout") world.mark("handshake timed out");
    if (cause?.rejection === undefined) return;
    connection.clientOutcome = cause.rejection.status;
    world.mark("server refused");
  });
  socket.addEventListener("close", ({ wasClean, code }) => {
    connection.clientOutcome ??= "failed";
    if (wasClean && code === 1006) world.fail("tells the truth", "class: wasClean and the code disagree");
    end.end(wasClean, code);
  });
  if (draws.oneIn(8)) {
    world.after(draws.pick([0, 1, 20, 100]), () => {
      if (end.opened || end.over !== undefined) return;
      world.mark("abort during the opening handshake");
      connection.clientGaveUp = true;
      end.begin("close() during the opening");
      socket.close();
    });
  }
  return () => {
    if (end.over !== undefined) return;
    if (!end.opened) connection.clientGaveUp = true;
    end.begin("close()");
    end.call("close", () => socket.close());
  };
}

async function actSocket(world: World, end: End, socket: WebSocketOver, draws: Draws): Promise<void> {
  const steps = draws.below(7);
  const pace = draws.pick(PAUSES);
  const send = (size: number, kind: number): void => {
    const sent = end.send("s", size, kind);
    const { content } = sent;
    const data = typeof content !== "string" && draws.oneIn(3) ? world.blob(end, content, draws) : content;
    const called = end.callback("callback", (error) => (sent.state = error === undefined ? "fulfilled" : "failed"));
    if (end.call("send", () => (socket.send(data, called), true)) === undefined) called(new Error("refused"));
  };
  for (let step = 0; step < steps; step++) {
    if (pace > 0 || draws.oneIn(3)) await world.sleep(draws.pick([pace, 0, 1]));
    if (end.over !== undefined) return;
    switch (draws.pick(SOCKET_STEPS)) {
      case "send":
        send(drawSize(draws), draws.below(4));
        break;
      case "burst": {
        const kind = draws.below(3);
        for (let left = 1 + draws.below(6); left > 0; left--) send(20, kind);
        break;
      }
      case "close":
        end.begin("close()");
        end.call("close", () => socket.close(draws.oneIn(2) ? 3000 : undefined));
        break;
      case "closeBadly":
        world.mark("closed with a bad code");
        end.call("close badly", () => socket.close(1005));
        break;
      case "terminate":
        world.mark("terminated");
        end.begin("terminate()");
        socket.terminate();
        end.gaveUp("terminate()");
        break;
      case "wait":
        await world.sleep(draws.pick([100, 300]));
        break;
    }
  }
}
