/** A page that uses the examples with graphql-ws and Yjs. */
import { GraphQLInt, GraphQLObjectType, GraphQLSchema, GraphQLString } from "graphql";
import type { Client } from "graphql-ws";
import type { WebsocketProvider } from "y-websocket";
import { Doc } from "yjs";
import { documentsAt } from "../../examples/use-with/documents.ts";
import { graphQLOver } from "../../examples/use-with/graphqlClient.ts";
import { serveGraphQL } from "../../examples/use-with/graphqlServer.ts";
import { answer, offer } from "../story/signalling.ts";
import type { SessionAddress } from "./story.ts";

const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: "Query",
    fields: {
      greeting: {
        type: GraphQLString,
        args: { name: { type: GraphQLString } },
        resolve: (_, { name }: { name: string }) => `Hello, ${name}`,
      },
    },
  }),
  subscription: new GraphQLObjectType({
    name: "Subscription",
    fields: {
      countdown: {
        type: GraphQLInt,
        args: { from: { type: GraphQLInt } },
        async *subscribe(_, { from }: { from: number }) {
          for (let countdown = from; countdown > 0; countdown--) yield await Promise.resolve({ countdown });
        },
      },
    },
  }),
});

const sessions: WebTransport[] = [];
globalThis.WebTransport = class extends WebTransport {
  constructor(url: string | URL, options?: WebTransportOptions) {
    super(url, options);
    sessions.push(this);
  }
};

export class RecipesPage {
  readonly #connection = new RTCPeerConnection();
  #client: Client | undefined;
  readonly #documents = new Map<string, WebsocketProvider>();

  async offer(): Promise<string> {
    this.#connection.createDataChannel("something else");
    this.#client = graphQLOver(this.#connection);
    return await offer(this.#connection);
  }

  async answer(sdp: string): Promise<string> {
    serveGraphQL(this.#connection, schema);
    return await answer(this.#connection, sdp);
  }

  async takeAnswer(sdp: string): Promise<void> {
    await this.#connection.setRemoteDescription({ type: "answer", sdp });
  }

  /** The answers to a query or a subscription. */
  async ask(query: string): Promise<unknown[]> {
    const answers: unknown[] = [];
    for await (const { data } of this.#client!.iterate({ query })) answers.push(data);
    return answers;
  }

  openDocuments(names: string[], port: number, hash: SessionAddress["hash"]): void {
    const open = documentsAt(new URL(`https://127.0.0.1:${port}/`), {
      serverCertificateHashes: [{ algorithm: "sha-256", value: Uint8Array.from(hash) }],
    });
    for (const name of names) this.#documents.set(name, open(name, new Doc()));
  }

  loseSession(): void {
    sessions.at(-1)!.close();
  }

  sessionCount(): number {
    return sessions.length;
  }

  type(name: string, text: string): void {
    this.#documents.get(name)!.doc.getText().insert(0, text);
  }

  read(name: string): string {
    return this.#documents.get(name)!.doc.getText().toJSON();
  }

  pointAt(name: string, position: number): void {
    this.#documents.get(name)!.awareness.setLocalStateField("cursor", position);
  }

  /** Where everybody points, this one too. */
  cursors(name: string): unknown[] {
    return [...this.#documents.get(name)!.awareness.getStates().values()].map(({ cursor }) => cursor as unknown);
  }
}

declare global {
  var recipesPage: RecipesPage;
}
globalThis.recipesPage = new RecipesPage();
