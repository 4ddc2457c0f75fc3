/** The client's opening handshake: sends the request, then reads the answer or the rejection (RFC 6455 §4.1). */
import { ContainedCodec } from "../core/containedCodec.ts";
import { contain } from "../core/errors.ts";
import type { Extension } from "../core/extension.ts";
import { ClientHandshake, type RequestOptions } from "../handshake/clientHandshake.ts";
import type { Openable, Opening } from "./opening.ts";
import { negotiable, type ClientOptions } from "./options.ts";

export class ClientOpening implements Opening {
  readonly #connection: Openable;
  readonly #handshake: ClientHandshake;

  /** Queues the request. Throws `TypeError` if an option can't be sent. */
  constructor(connection: Openable, options: ClientOptions) {
    const request = { ...options, extensions: negotiable(options).map(containAnswer) } as RequestOptions;
    this.#connection = connection;
    this.#handshake = new ClientHandshake(request, connection.limits, connection.random);
    connection.output.push(this.#handshake.request);
  }

  read(): void {
    const connection = this.#connection;
    const answer = this.#handshake.read(connection.input);
    if (answer === undefined) return;
    if (answer.type === "established") {
      connection.open("establish", answer);
      return;
    }
    connection.tell(answer);
    if (answer.type === "connectionRejected") connection.life.follow("beRejected");
    else if (answer.finished) connection.finish("finishRejection");
  }

  end(): void {
    const connection = this.#connection;
    const last = connection.life.state === "rejecting" ? this.#handshake.end() : undefined;
    if (last === undefined) {
      connection.finish("end");
    } else {
      connection.tell(last);
      connection.finish("finishRejection");
    }
  }

  refuse(): void {}
}

/** The client's side of an extension. `confirm` runs while events are pulled, so its errors end the connection. */
function containAnswer(extension: Extension): Extension {
  const { name } = extension;
  return {
    name,
    offer: () => extension.offer(),
    accept: () => undefined,
    confirm: (answer) =>
      contain("extensionFailed", `the extension ${name}`, () => {
        const codec = extension.confirm(answer);
        return codec === undefined ? undefined : new ContainedCodec(name, codec);
      }),
  };
}
