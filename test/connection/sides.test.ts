/** One class for each side, and one class for both. */
import { describe, expect, test } from "vitest";
import {
  ClientConnection,
  LocalProtocolError,
  ServerConnection,
  WSConnection,
  type Connection,
} from "../../src/index.ts";

const CLIENT = { host: "example.com", resource: "/chat", subprotocols: ["v1"] };

describe.each([
  ["ClientConnection and ServerConnection", () => new ClientConnection(CLIENT), () => new ServerConnection()],
  ["WSConnection", () => new WSConnection("client", CLIENT), () => new WSConnection("server")],
] as const)("%s", (_, makeClient, makeServer) => {
  test("open with each other, and exchange messages and Close frames", () => {
    const client = makeClient();
    const server = makeServer();
    expect([client.type, server.type]).toEqual(["client", "server"]);
    server.receiveBytes(client.bytesToSend());
    const [request] = [...server.events()];
    if (request?.type !== "connectionRequested") throw new Error(`no request but ${String(request?.type)}`);
    server.accept(request, { subprotocol: "v1" });
    client.receiveBytes(server.bytesToSend());
    expect([...client.events()]).toMatchObject([{ type: "connectionEstablished", subprotocol: "v1" }]);
    client.sendData("hello");
    client.close(1000);
    server.receiveBytes(client.bytesToSend());
    expect([...server.events()]).toMatchObject([
      { type: "connectionEstablished" },
      { type: "textReceived", data: "hello" },
      { type: "connectionClosed", code: 1000, wasClean: true },
    ]);
  });

  test("the server rejects, with a whole or a streamed body", () => {
    for (const streamed of [false, true]) {
      const client = makeClient();
      const server = makeServer();
      server.receiveBytes(client.bytesToSend());
      const [request] = [...server.events()];
      if (request?.type !== "connectionRequested") throw new Error(`no request but ${String(request?.type)}`);
      server.reject(request, { status: 404, body: "no", streamed });
      if (streamed) server.sendRejectionData("thing", true);
      client.receiveBytes(server.bytesToSend());
      const body = [...client.events()].map((event) =>
        event.type === "rejectionData" ? event.data.length : event.type,
      );
      expect(body).toEqual(["connectionRejected", 2, ...(streamed ? [5, 0] : []), "connectionClosed"]);
    }
  });
});

describe("WSConnection", () => {
  test("as a client answers no request", () => {
    const client = new WSConnection("client", CLIENT);
    const request = {} as Parameters<WSConnection["accept"]>[0];
    expect(() => client.accept(request)).toThrow(LocalProtocolError);
    expect(() => client.reject(request)).toThrow(LocalProtocolError);
    expect(() => client.sendRejectionData("")).toThrow(LocalProtocolError);
    expect(() => client.receiveRequest({ method: "GET", target: "/", headers: {} })).toThrow(LocalProtocolError);
  });

  test("takes only the options of its side, by its types", () => {
    // @ts-expect-error a server asks for no host
    const server = new WSConnection("server", { host: "example.com" });
    expect(server.state).toBe("connecting");
  });

  test("is a Connection, like the classes of the two sides", () => {
    const connections: Connection[] = [
      new WSConnection("server"),
      new ServerConnection(),
      new ClientConnection(CLIENT),
    ];
    expect(connections.map(({ type }) => type)).toEqual(["server", "server", "client"]);
    expect("accept" in connections[2]!).toBe(false);
  });
});
