/**
 * A server that follows commands of the client, over any transport: the other end of every `WebSocket` in the tests.
 */
import {
  ConnectionType,
  WSConnection,
  type ConnectionRequested,
  type ServerOptions,
  type WSEvent,
} from "../../src/index.ts";
import { Driver } from "../../src/stream/driver.ts";
import { MessageAssembler } from "../../src/stream/messageAssembler.ts";
import type { ByteTransport } from "../../src/transports/byteTransport.ts";
import { ascii, hex } from "../support/wire.ts";
import { flushed } from "../support/flushed.ts";

/**
 * The query says how to answer the handshake: `protocol=…`, `reject=STATUS`, `hang`, `wrongAccept`, and with `say=…` a
 * command to execute as soon as the connection is open. Messages are echoed unchanged, except commands:
 *
 * - `!request`: sends the request as JSON
 * - `!burst N`: the texts "0" to "N − 1"
 * - `!fragments`: the text "Hello" and then the bytes 1 2 3, each in fragments
 * - `!close [CODE [REASON]]`
 * - `!deaf`: stops reading, even a Close
 * - `!drop`: aborts the transport
 * - `!end`: ends the transport without a Close
 * - `!raw HEX`: sends these bytes unchanged
 */
export function serveScripts(
  transport: ByteTransport,
  seen: (event: WSEvent) => void = () => {},
  options: ServerOptions = {},
): void {
  const writer = transport.writable.getWriter();
  const behind: ByteTransport = {
    readable: transport.readable,
    writable: new WritableStream({
      write: (chunk) => writer.write(chunk),
      close: () => writer.close(),
      abort: (reason) => writer.abort(reason),
    }),
    close: () => transport.close?.(),
  };
  const connection = new WSConnection(ConnectionType.SERVER, { closeTimeoutMs: 1000, ...options });
  const messages = new MessageAssembler(connection);
  let request: ConnectionRequested | undefined;

  const driver = new Driver(connection, behind, { closeTimeoutMs: 1000 }, (event) => {
    seen(event);
    if (event.type === "connectionRequested") return answer((request = event));
    if (event.type !== "textReceived" && event.type !== "bytesReceived") return undefined;
    const message = messages.add(event);
    if (typeof message === "string" && message.startsWith("!")) return obey(message);
    if (message !== undefined) connection.sendData(message);
    return undefined;
  });

  function answer(requested: ConnectionRequested): Promise<void> | undefined {
    const { searchParams } = new URL(requested.target, "ws://server");
    if (searchParams.has("hang")) return undefined;
    if (searchParams.has("reject")) {
      connection.reject(requested, { status: Number(searchParams.get("reject")), body: "no" });
      return undefined;
    }
    if (searchParams.has("wrongAccept")) {
      const head = "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: no\r\n\r\n";
      void writer.write(ascii(head));
      return undefined;
    }
    const subprotocol = searchParams.get("protocol");
    connection.accept(requested, subprotocol === null ? {} : { subprotocol });
    const command = searchParams.get("say");
    return command === null ? undefined : obey(command);
  }

  function obey(command: string): Promise<void> | undefined {
    const [name = "", ...words] = command.split(" ");
    switch (name) {
      case "!request": {
        const { target, host, origin = null, subprotocols, headers } = request!;
        connection.sendData(JSON.stringify({ target, host, origin, subprotocols, headers: [...headers] }));
        return undefined;
      }
      case "!burst":
        for (let i = 0; i < Number(words[0]); i++) connection.sendData(String(i));
        return undefined;
      case "!fragments":
        for (const piece of ["He", "", "llo"]) connection.sendData(piece, piece === "llo");
        for (const byte of [1, 2, 3]) connection.sendData(Uint8Array.of(byte), byte === 3);
        return undefined;
      case "!close":
        connection.close(words[0] === undefined ? undefined : Number(words[0]), words.slice(1).join(" "));
        return undefined;
      case "!deaf":
        return new Promise(() => {});
      case "!drop":
        driver.abort(new Error("dropped"));
        return undefined;
      case "!end":
        void flushed(driver).then(() => writer.close());
        return undefined;
      case "!raw":
        void flushed(driver).then(() => writer.write(hex(...words)));
        return undefined;
      default:
        throw new Error(`no command ${command}`);
    }
  }
}
