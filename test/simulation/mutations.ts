/** Changes to the driver and the code around it. Each breaks a promise. */

export interface Mutation {
  /** What is broken. */
  readonly name: string;
  readonly file: string;
  /** Occurs once in the file. */
  readonly search: string;
  readonly replacement: string;
}

type Change = readonly [name: string, search: string, replacement: string];

const CHANGES: Readonly<Record<string, readonly Change[]>> = {
  "src/core/lifeCycle.ts": [["the first keepalive interval starts late", `signal === "establish"`, `false`]],
  "src/stream/driverMachine.ts": [
    [
      "bytes that arrive do not show that the peer is there",
      `    this.#askedMs = undefined;\n    this.#postponedMs`,
      `    this.#postponedMs`,
    ],
    ["the end is not timed", `if (begins) this.#armEnd();`, ``],
    [
      "the end of the input begins no close",
      `this.#connection.receiveBytes(null);\n    this.#beginClose();`,
      `this.#connection.receiveBytes(null);`,
    ],
    ["a lost output begins no close", `this.#dropOutput();\n    this.#beginClose();`, `this.#dropOutput();`],
    ["the end of the transport begins no close", `if (this.#beginClose()) this.#isClosedByTransport = true;`, ``],
    ["it is clean though the last bytes are lost", `const isTaken = this.output !== "lost";`, `const isTaken = true;`],
    [
      "the end is reported before the last bytes are written",
      `this.phase === "flushing" && this.isFlushed`,
      `this.phase === "flushing"`,
    ],
    [
      "messages that nobody takes are kept",
      `return this.taker === "held" && this.nowMs >= this.#discardByMs && this.#signalTaker("discard");`,
      `return false;`,
    ],
    ["a reader hears nothing of dropped messages", `        this.dropped = true;\n`, ``],
    [
      "an output that is given up is not aborted",
      `this.#dropOutput();\n      this.#commands.push({ type: "abortOutput", reason });`,
      `this.#dropOutput();`,
    ],
    [
      "an input that is given up is not cancelled",
      `if (this.#signalInput("end")) this.#commands.push({ type: "cancelInput", reason });`,
      `this.#signalInput("end");`,
    ],
    [
      "a caller that waits for a write does not hear that it is lost",
      `this.#commands.push({ type: "settle", error: this.fault });`,
      ``,
    ],
    ["the transport is not closed", `this.#commands.push(CLOSE_TRANSPORT, FINISH)`, `this.#commands.push(FINISH)`],
    [
      "the output is not ended",
      `if (this.#signalOutput("end")) this.#commands.push(END_OUTPUT);`,
      `this.#signalOutput("end");`,
    ],
    [
      "a reader that goes on after the peer has gone gets no more time",
      `if (this.phase === "closing" && this.#hasPeerGone && this.#connection.state === "open") this.#armEnd();`,
      ``,
    ],
    [
      "there is no bound on what is read ahead",
      `return this.#connection.unreadAmount + this.#unreadChunks * CHUNK_OVERHEAD_BYTES < READ_AHEAD_BYTES;`,
      `return true;`,
    ],
    ["small chunks that are read ahead cost nothing", ` + this.#unreadChunks * CHUNK_OVERHEAD_BYTES`, ``],
    ["memory is read into again too early", `this.#connection.unreadAmount === 0 ? READ_AGAIN : READ`, `READ_AGAIN`],
    ["timers get no turn between empty chunks", `if (this.#uselessChunks >= USELESS_CHUNKS) return true;`, ``],
    [
      "timers get no turn between chunks that come after the end",
      `      this.#uselessChunks++;\n      return;`,
      `      return;`,
    ],
    [
      "the time stays what it was when a taker goes on",
      `happening.type !== "aborted") this.#tellTime();`,
      `happening.type !== "aborted" && !(happening.type === "taken" && this.phase === "running")) this.#tellTime();`,
    ],
    [
      "the time goes back with the clock",
      `this.#latestMs = Math.max(latestMs, clockMs + this.#offsetMs);`,
      `this.#latestMs = clockMs + this.#offsetMs;`,
    ],
    [
      "a peer is given up before what arrived during a stall is read",
      `else if (ms > latestMs + STALL_MS) this.#offsetMs -= this.#stallBefore(ms);`,
      ``,
    ],
    [
      "a wait that a call has started counts as missed",
      `const dueMs = this.nextDeadlineMs;`,
      `const dueMs = this.#deadlineMs;`,
    ],
    [
      "the time stands still until a clock has caught up",
      `if (ms < latestMs - STANDSTILL_MS) this.#offsetMs = latestMs - clockMs;\n    else if`,
      `if`,
    ],
    [
      "a deadline waits for the taker",
      `return this.taker !== "held" || this.#connection.closed;`,
      `return this.taker !== "held";`,
    ],
    [
      "a held taker does not stop the parsing",
      `return this.taker !== "held" || this.#connection.closed;`,
      `return true;`,
    ],
    [
      "chunks that are left are not written",
      `if (this.#chunks.length > 0) {\n      this.#writeNext();`,
      `if (this.#chunks.length > 0) {`,
    ],
    [
      "a silent peer of a held taker is not found",
      `if (this.nowMs < this.#silenceByMs) return false;`,
      `return false;`,
    ],
  ],
  "src/stream/driver.ts": [
    [
      "a timer that rings early is not set again",
      `        this.#ringsMs = Infinity;\n        this.#tell(TIME);`,
      `this.#tell(TIME);`,
    ],
    ["an old timer is not cleared", `    this.#clear(this.#timer);\n`, ``],
    [
      "a caller that waits is not called back when all is written",
      `if (this.#waiting.length > 0 && machine.isFlushed) this.#settle(undefined);`,
      ``,
    ],
    ["closed of the transport that rejects is not heeded", `.then(tell, tell)`, `.then(tell, ignore)`],
    [
      "a cancel that rejects is not caught",
      `this.#reader.cancel(command.reason).catch(ignore);`,
      `this.#reader.cancel(command.reason);`,
    ],
    ["close() that rejects is not caught", `Promise.resolve(closing).catch(ignore)`, `Promise.resolve(closing)`],
    ["an end of the output that fails is not told", `.then(ended, ended)`, `.then(ended, ignore)`],
    [
      "a write that failed counts as written",
      `.then(this.#onWritten, this.#onWriteFailed)`,
      `.then(this.#onWritten, this.#onWritten)`,
    ],
    [
      "what happens while something else is handled is forgotten",
      `    this.#again = true;\n    if (this.#running) return;`,
      `    if (this.#running) return;\n    this.#again = true;`,
    ],
    ["a clock that throws is not caught", `this.#tellAt({ type: "aborted", reason }, -Infinity);\n`, `throw reason;\n`],
    ["what a taker throws is not caught", `report(error);\n      this.abort(error);`, `report(error);`],
  ],
  "src/stream/opening.ts": [
    ["the server's answer is not kept", `this.#rejection.add(event);`, ``],
    ["the transport of options that can't be is kept", `discard(transport, error);\n    throw error;`, `throw error;`],
    ["random that fails a call leaves the connection", `queueMicrotask(() => run.driver?.abort(why));`, ``],
  ],
  "src/stream/pendingRequest.ts": [
    ["an origin policy that decides too late is heeded", `    if (!request.isPending) return undefined;\n`, ``],
    ["a page of a refused origin may connect", `if (allowed) return admitted(request);`, `return admitted(request);`],
    [
      "an origin policy that fails is no refusal",
      `request.reject({ status: 500 });\n    refused(error);`,
      `refused(error);`,
    ],
    ["what an origin policy fails with late is lost", `      late(error);\n`, ``],
    [
      "an answer that can't be sent leaves the request",
      `if (wasPending && this.isPending) this.#connection.reject(this.event, { status: 500 });`,
      ``,
    ],
    ["an answer is not flushed", `      this.#driver.flush();\n`, ``],
  ],
  "src/stream/accept.ts": [
    [
      "a request whose client has gone is answered",
      `if (!this.#connection.closed) this.#answerable?.accept(answer);`,
      `this.#answerable?.accept(answer);`,
    ],
    ["the signal does not give the transport up", `else this.#driver.abort(reason);`, ``],
    [
      "reject() does not wait for the end",
      `await this.#opened.promise.then(({ closed }) => closed).catch(() => undefined);`,
      ``,
    ],
    [
      "an answered request ends when the handler returns",
      `if (!this.#isAnswered) this.end(status, closeCode);`,
      `this.end(status, closeCode);`,
    ],
    [
      "reject() by prior knowledge closes nothing",
      `else if (this.#connection.state === "open") this.#connection.close(CloseCode.POLICY_VIOLATION);`,
      ``,
    ],
    [
      "an end is not flushed",
      `this.#connection.close(closeCode);\n    this.#driver.flush();`,
      `this.#connection.close(closeCode);`,
    ],
  ],
  "src/stream/serve.ts": [
    ["a request without an answer is left", `arrival.endUnanswered(404, CloseCode.POLICY_VIOLATION);`, ``],
    ["a handler's error does not end the connection", `arrival.end(500, CloseCode.INTERNAL_ERROR);`, ``],
    ["a handler's error is not told", `INTERNAL_ERROR);\n    tell(error, onError);`, `INTERNAL_ERROR);`],
    ["the listener of the signal stays", `  stopped();\n`, ``],
    ["serve() does not wait for its connections", `while (running > 0) await untilVacated();`, ``],
    ["a place is not given back", `          running--;\n`, ``],
    ["there is one connection too many", `while (running >= maxConnections)`, `while (running > maxConnections)`],
    ["the source is not stopped", `stopTaking(transports, iterator, signal.reason);`, ``],
    ["a transport that comes after the stop is kept", `if (late?.done === false) discard(late.value, reason);`, ``],
    [
      "clients that have gone are warned of",
      `if (onError !== undefined || !isWebSocketError(error)) tellError`,
      `tellError`,
    ],
    ["a timer stays", `.finally(stop)`, ``],
    ["a handler is not waited for", `await orTimeout(handled, options).catch(`, `await Promise.resolve().catch(`],
    ["a handler is waited for for ever", `await Promise.race([promise, passed])`, `await promise`],
  ],
  "src/stream/session.ts": [
    [
      "a close behind its back is not noticed by close()",
      `    this.#driver.flush();\n    if (signal !== undefined) {`,
      `    if (signal !== undefined) {`,
    ],
    ["await using waits for messages", `    this.#driver.discard();\n`, ``],
    ["pings never settle", `for (const { reject } of this.#pings.splice(0)) reject(error);`, ``],
    [
      "a reader sees a clean end though messages were dropped",
      `event.wasClean ? this.#lossOf(event) : error`,
      `event.wasClean ? undefined : error`,
    ],
    ["senders do not hear of the end", `    this.#outgoing.end(error);\n`, ``],
    [
      "the signal of close() gives nothing up",
      `unlessAborted(this.#driver.finished, signal, (reason) => this.#driver.abort(reason)).catch(ignore);`,
      ``,
    ],
    [
      "a pong of keepalive settles pings of the application",
      `ping.sentMs < this.#driver.happenedMs - roundTripMs`,
      `ping.sentMs >= 0`,
    ],
  ],
  "src/websocket/clientSocket.ts": [
    ["close() behind a Blob is not timed", `          this.#driver?.beginClose();\n`, ``],
    ["a transport that comes too late is kept", `      discard(transport, this.#failure);\n`, ``],
    ["a full queue never reads on", `      this.#readOn?.();\n`, ``],
  ],
  "src/server/peer.ts": [
    ["close() behind a Blob is not timed", `      this.#driver.beginClose();\n`, ``],
    ["a Blob that can't be read leaves the connection", `    this.terminate();\n    if (callback`, `    if (callback`],
  ],
};

export const MUTATIONS: readonly Mutation[] = Object.entries(CHANGES).flatMap(([file, changes]) =>
  changes.map(([name, search, replacement]) => ({ name, file, search, replacement })),
);
