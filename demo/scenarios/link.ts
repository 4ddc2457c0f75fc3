/** A scenario in the hash of a URL: a built-in one by name, any other in full. */
import { toBase64 } from "../../src/inspect/hex.ts";
import { redactSubprotocols, redactURL } from "../../src/inspect/index.ts";
import { firstWishes } from "../model/playground.ts";
import type { Action } from "./action.ts";
import { Malformed } from "./schema.ts";
import { storyFrom } from "./storySchema.ts";
import type { Story } from "./story.ts";
import { stories } from "./stories.ts";

/** Longer links are hard to share. */
const MAX_LINK_CHARACTERS = 16_000;

export function hashOf(story: Story): string {
  if (stories.includes(story)) return `#scenario=${story.id}`;
  return `#play=${encode(story)}`;
}

/** The scenario in the hash; `undefined` if there is none, a string if it is unreadable. */
export function storyIn(hash: string): Story | string | undefined {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  const id = parameters.get("scenario");
  if (id !== null) return stories.find((story) => story.id === id) ?? `There is no scenario “${id}”.`;
  const play = parameters.get("play");
  if (play === null) return undefined;
  let value: unknown;
  try {
    value = decode(play);
  } catch {
    return "This link is incomplete: a part of it is missing, or was changed on its way.";
  }
  try {
    return storyFrom(value);
  } catch (error) {
    if (error instanceof Malformed || error instanceof RangeError) return `This link is not right: ${error.message}.`;
    throw error;
  }
}

/**
 * The session as a scenario; `undefined` if it is too long for a link. Secrets in a URL or among subprotocols are
 * redacted, as in exported files, because links are made to be shared.
 */
export function linkOf(actions: readonly Action[], title = "", note = ""): string | undefined {
  const fresh = { say: "It starts with a new connection.", do: [{ type: "connect", wishes: firstWishes }] } as const;
  const steps = [fresh, ...withoutSecrets(actions).map((action) => ({ say: describe(action), do: [action] }))];
  const story: Story = { id: "shared", title: title === "" ? "A shared session" : title, summary: note, steps };
  const hash = hashOf(story);
  return hash.length > MAX_LINK_CHARACTERS ? undefined : new URL(hash, location.href).href;
}

/** A subprotocol that is a token is replaced by the same text everywhere. */
function withoutSecrets(actions: readonly Action[]): Action[] {
  const offered = actions.flatMap((action) => (action.type === "connect" ? (action.wishes.subprotocols ?? []) : []));
  const shown = new Map(redactSubprotocols(offered).map((subprotocol, i) => [offered[i]!, subprotocol]));
  return actions.map((action): Action => {
    if (action.type === "connect") {
      const { carrier, resource, subprotocols } = action.wishes;
      return {
        type: "connect",
        wishes: {
          ...action.wishes,
          ...(carrier !== undefined && { carrier: { name: carrier.name } }),
          ...(resource !== undefined && { resource: redactURL(resource) }),
          ...(subprotocols !== undefined && { subprotocols: subprotocols.map((name) => shown.get(name)!) }),
        },
      };
    }
    if (action.type !== "perform") return action;
    const commands = action.commands.map((command) =>
      command.do === "accept" && command.subprotocol !== undefined
        ? { ...command, subprotocol: shown.get(command.subprotocol) ?? command.subprotocol }
        : command,
    );
    return { ...action, commands };
  });
}

function timesText(times = 1): string {
  return times === 1 ? "" : `, ${times} times`;
}

function describe(action: Action): string {
  switch (action.type) {
    case "connect":
      return "The client reconnects.";
    case "perform":
      return `The ${action.who} does: ${action.commands.map((command) => command.do).join(", ")}${timesText(action.times)}.`;
    case "network":
      return `The network changes: ${JSON.stringify(action.change)}.`;
    case "behave":
      return `The ${action.who} behaves differently: ${JSON.stringify(action.change)}.`;
    case "mishap":
      return `A fault hits the next chunk of the ${action.from}: ${action.mishap.kind}.`;
    case "inject":
      return `Bytes are sent by hand, as the ${action.from}.`;
    case "step":
      return "One chunk is delivered.";
    case "reset":
      return "The network is reset.";
  }
}

function encode(value: unknown): string {
  const json = JSON.stringify(value, (_, inner: unknown) =>
    inner instanceof Uint8Array ? { $bytes: Array.from(inner) } : inner,
  );
  return toBase64(new TextEncoder().encode(json)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function decode(text: string): unknown {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const json = new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
  return JSON.parse(json, (_, inner: unknown) => {
    const bytes = (inner as { $bytes?: unknown } | null)?.$bytes;
    return Array.isArray(bytes) && bytes.every(isByte) ? Uint8Array.from(bytes) : inner;
  });
}

function isByte(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255;
}
