/** The stories that are told here, each of one thing about the protocol. */
import type { Command } from "../model/command.ts";
import type { Wishes } from "../model/conversation.ts";
import { plainNetwork, type NetworkSettings } from "../network/settings.ts";
import type { Action } from "./action.ts";
import type { Step, Story } from "./story.ts";

const connect = (wishes: Partial<Omit<Wishes, "raw">> = {}): Action => ({
  type: "connect",
  wishes: { resource: "/chat", subprotocols: [], compression: false, carrier: { name: "pipe" }, ...wishes },
});
const network = (change: Partial<NetworkSettings>): Action => ({ type: "network", change });
const client = (...commands: Command[]): Action => ({ type: "perform", who: "client", commands });
const server = (...commands: Command[]): Action => ({ type: "perform", who: "server", commands });
const acceptsAtOnce = (yes: boolean): Action => ({ type: "behave", who: "server", change: { acceptsAtOnce: yes } });
const text = (data: string, more: Partial<Extract<Command, { do: "send" }>> = {}): Command => ({
  do: "send",
  data,
  ...more,
});

const fromClient: NonNullable<Step["look"]> = { from: "client", kind: "frame" };
const fromServer: NonNullable<Step["look"]> = { from: "server", kind: "frame" };

/** What every story begins with, so that none depends on what was done before. */
const fresh: readonly Action[] = [
  network(plainNetwork),
  { type: "behave", who: "client", change: { reads: true } },
  { type: "behave", who: "server", change: { reads: true, echoes: false, acceptsAtOnce: true } },
];

export const stories: readonly Story[] = [
  {
    id: "opening",
    title: "Opening",
    summary: "How HTTP becomes WebSocket: a request, a key, an answer.",
    steps: [
      {
        say: "The client asks, in HTTP, to speak WebSocket. Every line of its request has a reason, which the inspector gives. The server waits for an answer: here the story gives it.",
        do: [...fresh, acceptsAtOnce(false), connect({ subprotocols: ["chat", "superchat"] })],
        look: { from: "client", kind: "head" },
      },
      {
        say: "The server says yes, and chooses a subprotocol. Its Sec-WebSocket-Accept is made of the client's key in four steps, which the inspector shows. From here on nothing is HTTP any more.",
        do: [server({ do: "accept", subprotocol: "superchat" }), acceptsAtOnce(true)],
        look: { from: "server", kind: "head" },
      },
      { say: "And the first message goes through.", do: [client(text("we speak superchat now"))], look: fromClient },
    ],
  },
  {
    id: "refusal",
    title: "A server says no",
    summary: "Any answer but 101 is a refusal, and may say why.",
    steps: [
      {
        say: "A client asks for /members. The server makes up its mind.",
        do: [...fresh, acceptsAtOnce(false), connect({ resource: "/members" })],
        look: { from: "client", kind: "head" },
      },
      {
        say: "403, with a reason in the body: that is plain HTTP. The client never was open, so its connection ends with 1006.",
        do: [server({ do: "reject", status: 403, body: "Members only." }), acceptsAtOnce(true)],
        look: { from: "server", kind: "head" },
      },
    ],
  },
  {
    id: "masking",
    title: "Why clients mask",
    summary: "The same text twice, and different bytes each time.",
    steps: [
      {
        say: "The client says hello. Its payload is combined with a random key, which stands in front of it.",
        do: [...fresh, connect(), client(text("hello"))],
        look: fromClient,
      },
      {
        say: "Hello again: another key, other bytes. A page can't choose what is on the wire, so it can't write what an old proxy would take for HTTP. In the inspector, switch between “On the wire” and “Unmasked”.",
        do: [client(text("hello"))],
        look: fromClient,
      },
      {
        say: "The server may not mask: its hello can be read as it is.",
        do: [server(text("hello"))],
        look: fromServer,
      },
    ],
  },
  {
    id: "fragmentation",
    title: "A message in fragments",
    summary: "Who does not know the end yet can begin all the same.",
    steps: [
      {
        say: "The first fragment says that it is text, and that more follows: FIN is 0.",
        do: [...fresh, connect(), client(text("Once upon ", { final: false }))],
        look: fromClient,
      },
      {
        say: "The next one is a continuation: what it continues, the first has said. The server hands on each piece as it comes.",
        do: [client(text("a time, ", { final: false }))],
        look: fromClient,
      },
      { say: "FIN is 1: the message is whole.", do: [client(text("there was a byte."))], look: fromClient },
    ],
  },
  {
    id: "ping-amid-message",
    title: "A ping in the middle of a message",
    summary: "Control frames may come between fragments, and are answered at once.",
    steps: [
      {
        say: "A long message has begun.",
        do: [...fresh, connect(), client(text("first half, ", { final: false }))],
        look: fromClient,
      },
      {
        say: "A ping does not wait for its end. The server's pong carries the same payload.",
        do: [client({ do: "ping", payload: "still there?" })],
        look: fromServer,
      },
      { say: "And the message goes on where it was.", do: [client(text("second half"))], look: fromClient },
    ],
  },
  {
    id: "compression",
    title: "Compression and context takeover",
    summary: "permessage-deflate remembers: the second time the same costs almost nothing.",
    steps: [
      {
        say: "Client and server agree on permessage-deflate in the handshake. A first message is compressed: RSV1 says so. “Inflated” in the inspector shows what it says.",
        do: [
          ...fresh,
          connect({ compression: true }),
          client(text("It was the best of times, it was the worst of times.")),
        ],
        look: fromClient,
      },
      {
        say: "The same text once more. The window still holds the first one, so that a few bytes are enough to point there: that is context takeover.",
        do: [client(text("It was the best of times, it was the worst of times."))],
        look: fromClient,
      },
      {
        say: "A message may also be sent as it is. RSV1 is 0 then.",
        do: [client(text("It was the best of times, it was the worst of times.", { compress: false }))],
        look: fromClient,
      },
    ],
  },
  {
    id: "client-closes",
    title: "The client closes",
    summary: "Two Close frames, and then the end of the stream.",
    steps: [
      {
        say: "The client has nothing more to say: its Close has a code and a reason. The server echoes it, and both know that nothing was lost.",
        do: [...fresh, connect(), client(text("last words"), { do: "close", code: 1000, reason: "all is said" })],
        look: { ...fromClient, last: true },
      },
      { say: "The echo of the server, with which the connection is closed cleanly.", look: fromServer },
    ],
  },
  {
    id: "server-closes",
    title: "The server closes, while the client speaks",
    summary: "Who has sent Close still reads what was on its way.",
    steps: [
      {
        say: "From now on the network delivers only on demand. The client speaks, and at the same time the server closes: both are on their way.",
        do: [
          ...fresh,
          connect(),
          network({ stepping: true }),
          client(text("are you listening?")),
          server({ do: "close", code: 1001, reason: "going away" }),
        ],
        look: { from: "server", kind: "chunk", last: true },
      },
      {
        say: "The client's message arrives first. The server is localClosing: it has sent its Close, and still has to read until the client's Close comes.",
        do: [{ type: "step" }],
        look: fromClient,
      },
      {
        say: "Now the rest arrives: the server's Close, and the client's own, which answers it. Both are closed.",
        do: [network(plainNetwork)],
        look: { ...fromClient, last: true },
      },
    ],
  },
  {
    id: "byte-by-byte",
    title: "One byte at a time",
    summary: "A frame does not care how the network cuts it.",
    steps: [
      {
        say: "From now on bytes arrive one by one, and only when you say so: with the next steps, or with “Deliver next” where the network is set.",
        do: [
          ...fresh,
          connect(),
          network({ chunkBytes: 1, stepping: true }),
          { type: "perform", who: "server", commands: [text("Hi!")] },
        ],
        look: { from: "server", kind: "chunk", last: true },
      },
      {
        say: "One byte: FIN, the reserved bits and the opcode. It is text, and the only frame of its message.",
        do: [{ type: "step" }],
        look: fromServer,
      },
      { say: "The second: not masked, three bytes of payload.", do: [{ type: "step" }], look: fromServer },
      { say: "An H.", do: [{ type: "step" }], look: fromServer },
      {
        say: "An i, and with the last byte the message is whole. The client had each character as it came.",
        do: [{ type: "step" }, { type: "step" }],
        look: fromServer,
      },
    ],
  },
  {
    id: "backpressure",
    title: "Backpressure",
    summary: "A reader that stops holds its sender.",
    steps: [
      {
        say: "The server reads no more. The client sends half a megabyte all the same.",
        do: [
          ...fresh,
          connect(),
          { type: "behave", who: "server", change: { reads: false } },
          client({ do: "send", data: "x".repeat(512 * 1024) }),
        ],
        look: { from: "client", kind: "chunk", last: true },
      },
      {
        say: "What the network holds is full, and the rest waits in the client's connection: the client says how much. Nothing piles up at the server.",
        look: { from: "client", kind: "chunk", last: true },
      },
      {
        say: "The server reads again, and everything flows: the frame of half a megabyte is whole.",
        do: [{ type: "behave", who: "server", change: { reads: true } }],
        look: fromClient,
      },
    ],
  },
  {
    id: "corruption",
    title: "One bit flips",
    summary: "What a strict reader makes of a byte that changed on its way.",
    steps: [
      {
        say: "The next chunk of the server will have one bit changed: in its first byte, RSV1.",
        do: [
          ...fresh,
          connect(),
          { type: "mishap", from: "server", mishap: { kind: "corrupt", offset: 0, mask: 0x40 } },
          server(text("harmless")),
        ],
        look: fromServer,
      },
      {
        say: "The client can't know what RSV1 means here, and must not guess: it fails the connection with 1002. That is its Close.",
        look: fromClient,
      },
    ],
  },
  {
    id: "utf8",
    title: "Text that is none",
    summary: "Text has to be UTF-8, down to the last byte.",
    steps: [
      {
        say: "By hand, a client sends a text of four bytes, of which the last two are no UTF-8.",
        do: [
          ...fresh,
          connect(),
          { type: "inject", from: "client", bytes: Uint8Array.of(0x81, 0x84, 0, 0, 0, 0, 0x48, 0x69, 0xc3, 0x28) },
        ],
        look: fromClient,
      },
      { say: "The server closes with 1007, and says at which byte it stopped believing.", look: fromServer },
    ],
  },
  {
    id: "cut",
    title: "The cable is cut",
    summary: "A connection may end in the middle of a frame, and no Close comes.",
    steps: [
      {
        say: "The next chunk of the client will arrive by half, and then there is no network any more.",
        do: [
          ...fresh,
          connect(),
          { type: "mishap", from: "client", mishap: { kind: "cut" } },
          client(text("this will not arrive whole")),
        ],
        look: fromClient,
      },
      {
        say: "Neither side had a Close, so both tell 1006: not clean. The code never stands on the wire, it is for programs.",
        look: fromClient,
      },
    ],
  },
  {
    id: "elsewhere",
    title: "The server in a worker",
    summary: "The same bytes over a MessagePort: the protocol does not notice.",
    steps: [
      {
        say: "The server now runs in a Web Worker, and what lies between is a MessagePort. The ladder is the same.",
        do: [...fresh, connect({ carrier: { name: "worker" } }), client(text("hello, worker"))],
        look: fromClient,
      },
      { say: "And it answers.", do: [server(text("hello, page"))], look: fromServer },
    ],
  },
];
