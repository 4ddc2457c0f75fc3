/** The built-in scenarios. Each shows one aspect of the protocol. */
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

/** The start of every scenario, so that none depends on what happened before. */
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
        say: "The client asks over HTTP to switch to WebSocket. The inspector explains each line of its request. The server waits for an answer.",
        do: [...fresh, acceptsAtOnce(false), connect({ subprotocols: ["chat", "superchat"] })],
        look: { from: "client", kind: "head" },
      },
      {
        say: "The server accepts, and chooses a subprotocol. It computes Sec-WebSocket-Accept from the client's key: the inspector shows the four steps. From here on, HTTP is over.",
        do: [server({ do: "accept", subprotocol: "superchat" }), acceptsAtOnce(true)],
        look: { from: "server", kind: "head" },
      },
      { say: "The first message arrives.", do: [client(text("we speak superchat now"))], look: fromClient },
    ],
  },
  {
    id: "refusal",
    title: "A server refuses",
    summary: "Any answer but 101 is a refusal, and can give a reason.",
    steps: [
      {
        say: "A client requests /members. The server has to decide.",
        do: [...fresh, acceptsAtOnce(false), connect({ resource: "/members" })],
        look: { from: "client", kind: "head" },
      },
      {
        say: "403, with a reason in the body: this is plain HTTP. The client was never open, so its connection ends with 1006.",
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
        say: "The client says hello. Its payload is XORed with a random key, which is sent before it.",
        do: [...fresh, connect(), client(text("hello"))],
        look: fromClient,
      },
      {
        say: "Hello again: another key, other bytes. A page can't choose the bytes on the wire, so it can't send anything that an old proxy would take for HTTP. In the inspector, switch between “On the wire” and “Unmasked”.",
        do: [client(text("hello"))],
        look: fromClient,
      },
      {
        say: "A server must not mask: its hello is readable on the wire.",
        do: [server(text("hello"))],
        look: fromServer,
      },
    ],
  },
  {
    id: "fragmentation",
    title: "A message in fragments",
    summary: "A sender can start before it knows the end of the message.",
    steps: [
      {
        say: "The first fragment says that the message is text. FIN is 0: more follows.",
        do: [...fresh, connect(), client(text("Once upon ", { final: false }))],
        look: fromClient,
      },
      {
        say: "The next one is a continuation of the first. The server passes on each piece as it arrives.",
        do: [client(text("a time, ", { final: false }))],
        look: fromClient,
      },
      { say: "FIN is 1: the message is complete.", do: [client(text("there was a byte."))], look: fromClient },
    ],
  },
  {
    id: "ping-amid-message",
    title: "A ping in the middle of a message",
    summary: "Control frames can come between fragments, and are answered at once.",
    steps: [
      {
        say: "A long message starts.",
        do: [...fresh, connect(), client(text("first half, ", { final: false }))],
        look: fromClient,
      },
      {
        say: "A ping does not wait for the end of the message. The server's pong carries the same payload.",
        do: [client({ do: "ping", payload: "still there?" })],
        look: fromServer,
      },
      { say: "The message continues where it was.", do: [client(text("second half"))], look: fromClient },
    ],
  },
  {
    id: "compression",
    title: "Compression and context takeover",
    summary: "permessage-deflate has a memory: repeated text costs almost nothing.",
    steps: [
      {
        say: "Client and server agree on permessage-deflate in the handshake. The first message is compressed, as RSV1 says. Choose “Inflated” in the inspector to read it.",
        do: [
          ...fresh,
          connect({ compression: true }),
          client(text("It was the best of times, it was the worst of times.")),
        ],
        look: fromClient,
      },
      {
        say: "The same text again. The window still holds the first one, so a few bytes that refer to it are enough. This is context takeover.",
        do: [client(text("It was the best of times, it was the worst of times."))],
        look: fromClient,
      },
      {
        say: "A message can also be sent uncompressed. Then RSV1 is 0.",
        do: [client(text("It was the best of times, it was the worst of times.", { compress: false }))],
        look: fromClient,
      },
    ],
  },
  {
    id: "client-closes",
    title: "The client closes",
    summary: "Two Close frames, then the end of the stream.",
    steps: [
      {
        say: "The client is done: it sends a Close with a code and a reason. The server echoes it, so both know that nothing was lost.",
        do: [...fresh, connect(), client(text("last words"), { do: "close", code: 1000, reason: "all is said" })],
        look: { ...fromClient, last: true },
      },
      { say: "The server's echo closes the connection cleanly.", look: fromServer },
    ],
  },
  {
    id: "server-closes",
    title: "The server closes while the client sends",
    summary: "After sending a Close, a server still reads what is in transit.",
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
    summary: "The network can cut a frame anywhere.",
    steps: [
      {
        say: "From now on bytes arrive one by one, and only when you release them: with the next steps, or with “Deliver next” under Transport.",
        do: [
          ...fresh,
          connect(),
          network({ chunkBytes: 1, stepping: true }),
          { type: "perform", who: "server", commands: [text("Hi!")] },
        ],
        look: { from: "server", kind: "chunk", last: true },
      },
      {
        say: "The first byte: FIN, the reserved bits and the opcode. It is text, and the only frame of its message.",
        do: [{ type: "step" }],
        look: fromServer,
      },
      { say: "The second byte: no mask, three bytes of payload.", do: [{ type: "step" }], look: fromServer },
      { say: "An H.", do: [{ type: "step" }], look: fromServer },
      {
        say: "An i, and with the last byte the message is complete. The client received each character as it arrived.",
        do: [{ type: "step" }, { type: "step" }],
        look: fromServer,
      },
    ],
  },
  {
    id: "backpressure",
    title: "Backpressure",
    summary: "A reader that stops pauses its sender.",
    steps: [
      {
        say: "The server stops reading. The client still sends half a megabyte.",
        do: [
          ...fresh,
          connect(),
          { type: "behave", who: "server", change: { reads: false } },
          client({ do: "send", data: "x".repeat(512 * 1024) }),
        ],
        look: { from: "client", kind: "chunk", last: true },
      },
      {
        say: "The network's buffers are full, and the rest waits in the client's connection: the client says how much. Nothing accumulates at the server.",
        look: { from: "client", kind: "chunk", last: true },
      },
      {
        say: "The server reads again, and the data flows: the frame of half a megabyte is whole.",
        do: [{ type: "behave", who: "server", change: { reads: true } }],
        look: fromClient,
      },
    ],
  },
  {
    id: "corruption",
    title: "One bit flips",
    summary: "How a strict reader handles a byte that changed in transit.",
    steps: [
      {
        say: "One bit of the server's next chunk will change: RSV1, in its first byte.",
        do: [
          ...fresh,
          connect(),
          { type: "mishap", from: "server", mishap: { kind: "corrupt", offset: 0, mask: 0x40 } },
          server(text("harmless")),
        ],
        look: fromServer,
      },
      {
        say: "No extension defines RSV1 here, and the client must not guess: it fails the connection with a Close 1002.",
        look: fromClient,
      },
    ],
  },
  {
    id: "utf8",
    title: "Invalid text",
    summary: "Text must be UTF-8, down to the last byte.",
    steps: [
      {
        say: "A client, written by hand, sends a text of four bytes. The last two are not UTF-8.",
        do: [
          ...fresh,
          connect(),
          { type: "inject", from: "client", bytes: Uint8Array.of(0x81, 0x84, 0, 0, 0, 0, 0x48, 0x69, 0xc3, 0x28) },
        ],
        look: fromClient,
      },
      { say: "The server closes with 1007. Its error has the position of the invalid byte.", look: fromServer },
    ],
  },
  {
    id: "cut",
    title: "The cable is cut",
    summary: "A connection can end in the middle of a frame, without a Close.",
    steps: [
      {
        say: "Half of the client's next chunk will arrive; then the network is gone.",
        do: [
          ...fresh,
          connect(),
          { type: "mishap", from: "client", mishap: { kind: "cut" } },
          client(text("this will not arrive whole")),
        ],
        look: fromClient,
      },
      {
        say: "Neither side received a Close, so both report 1006: not clean. This code is never sent; it is only for programs.",
        look: fromClient,
      },
    ],
  },
  {
    id: "elsewhere",
    title: "The server in a worker",
    summary: "The same bytes over a MessagePort make no difference to the protocol.",
    steps: [
      {
        say: "The server now runs in a Web Worker, connected by a MessagePort. The ladder is the same.",
        do: [...fresh, connect({ carrier: { name: "worker" } }), client(text("hello, worker"))],
        look: fromClient,
      },
      { say: "The server answers.", do: [server(text("hello, page"))], look: fromServer },
    ],
  },
];
