/** The server's opening handshake: reads the request, and sends the application's answer (RFC 6455 §4.2). */
import { LocalProtocolError, type RemoteProtocolError } from "../core/errors.ts";
import type { ConnectionRequested } from "../core/events.ts";
import type { Extension } from "../core/extension.ts";
import type { Signal } from "../core/lifeCycle.ts";
import { checkOptions } from "../core/options.ts";
import { EARLY_DATA } from "../core/rules.ts";
import { violation } from "../core/violation.ts";
import { answerTable } from "../handshake/negotiation.ts";
import {
  refusal,
  rejection,
  rejectionPiece,
  rejectTable,
  ServerHandshake,
  type ParsedRequest,
  type RejectOptions,
} from "../handshake/serverHandshake.ts";
import { openingOf, refuseCall, type Connection } from "./connection.ts";
import type { Openable, Opening } from "./opening.ts";
import { negotiable, type AcceptOptions, type SharedOptions } from "./options.ts";

export class ServerOpening implements Opening {
  readonly #connection: Openable;
  readonly #handshake: ServerHandshake;
  readonly #extensions: readonly Extension[];

  constructor(connection: Openable, options: SharedOptions) {
    this.#connection = connection;
    this.#handshake = new ServerHandshake(connection.limits);
    this.#extensions = negotiable(options);
  }

  /**
   * The server's opening of a connection. Throws `LocalProtocolError` if the connection does not allow `signal` now.
   */
  static of(connection: Connection, signal: Signal): ServerOpening {
    const opening = openingOf(connection);
    if (!(opening instanceof ServerOpening) || !opening.#connection.life.allows(signal)) refuseCall(connection, signal);
    return opening;
  }

  read(): void {
    const { life, input, limits } = this.#connection;
    // Ignore bytes that arrive while the body is being sent.
    if (life.state === "rejecting") {
      input.clear();
    } else if (this.#handshake.request === undefined) {
      const request = this.#handshake.read(input);
      if (request !== undefined) this.#ask(request);
    } else if (input.size > limits.maxEarlyBytes) {
      throw violation(EARLY_DATA, input.offset, limits.maxEarlyBytes);
    }
  }

  end(): void {
    // A client that has ended its stream may still read the rejection.
    if (this.#connection.life.state !== "rejecting") this.#connection.finish("end");
  }

  refuse(error: RemoteProtocolError): void {
    if (this.#connection.life.state === "connecting") this.#connection.output.push(refusal(error));
  }

  receiveRequest(request: ParsedRequest): void {
    if (this.#handshake.started) {
      throw new LocalProtocolError("a request is already being received", {
        code: "wrongState",
        section: "RFC 6455 §4.2.1",
      });
    }
    this.#connection.attempt(() => this.#ask(this.#handshake.receiveRequest(request)));
  }

  accept(request: ConnectionRequested, options: AcceptOptions): void {
    this.#requirePending(request);
    const checked = checkOptions("accept()", options, answerTable);
    const { extensions: names } = checked;
    if (names?.every((name) => typeof name === "string") === false) {
      throw new TypeError(
        "accept() takes names of extensions; the extensions themselves are an option of the connection",
      );
    }
    const extensions = this.#extensions.filter(({ name }) => names?.includes(name) !== false);
    const accepted = this.#handshake.accept(request, { ...checked, extensions });
    this.#connection.open("accept", accepted);
    this.#connection.output.push(accepted.bytes);
  }

  reject(request: ConnectionRequested, options: RejectOptions): void {
    this.#requirePending(request);
    checkOptions("reject()", options, rejectTable);
    this.#connection.output.push(rejection(options));
    this.#connection.life.follow("reject");
    if (options.streamed !== true) this.#connection.finish("finishRejection");
  }

  sendRejectionData(data: string | BufferSource, finished: boolean): void {
    this.#connection.output.push(rejectionPiece(data, finished));
    if (finished) this.#connection.finish("finishRejection");
  }

  #ask(request: ConnectionRequested): void {
    this.#connection.deadlines.receiveRequest();
    this.#connection.tell(request);
  }

  #requirePending(request: ConnectionRequested): void {
    if (this.#handshake.request === undefined || this.#handshake.request !== request) {
      throw new LocalProtocolError("this request is not pending on this connection", { code: "unknownRequest" });
    }
  }
}
