/** A scenario in the hash of a URL: a built-in one by name, any other in full. */
import { redactSubprotocols, redactURL } from "../../src/inspect/index.ts";
import { firstWishes } from "../model/playground.ts";
import type { Action } from "./action.ts";
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
  try {
    return storyFrom(decode(play));
  } catch {
    return "This link is incomplete: its scenario can't be read.";
  }
}

/**
 * The session as a scenario; `undefined` if it is too long for a link. Secrets in a URL or among subprotocols are
 * redacted, as in exported files, because links are made to be shared.
 */
export function linkOf(actions: readonly Action[]): string | undefined {
  const fresh = { say: "It starts with a new connection.", do: [{ type: "connect", wishes: firstWishes }] } as const;
  const steps = [fresh, ...withoutSecrets(actions).map((action) => ({ say: describe(action), do: [action] }))];
  const story: Story = { id: "shared", title: "A shared session", summary: "What another user did here.", steps };
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

function describe(action: Action): string {
  switch (action.type) {
    case "connect":
      return "The client reconnects.";
    case "perform":
      return `The ${action.who} does: ${action.commands.map((command) => command.do).join(", ")}.`;
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
  const binary = String.fromCharCode(...new TextEncoder().encode(json));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function decode(text: string): unknown {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const json = new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
  return JSON.parse(json, (_, inner: unknown) => {
    const bytes = (inner as { $bytes?: number[] } | null)?.$bytes;
    return Array.isArray(bytes) ? Uint8Array.from(bytes) : inner;
  });
}

const ACTIONS = new Set(["connect", "perform", "network", "behave", "mishap", "inject", "step", "reset"]);

/** Throws if it is not a scenario: links come from anywhere. Drops URLs, which would make the page connect. */
function storyFrom(value: unknown): Story {
  const { title, summary, steps } = value as Story;
  if (typeof title !== "string" || typeof summary !== "string" || !Array.isArray(steps))
    throw new TypeError("not a scenario");
  const checked = (steps as Story["steps"]).map((step) => {
    const { say, do: actions = [] } = step;
    if (typeof say !== "string" || !Array.isArray(actions)) throw new TypeError("not a step");
    return { say, do: actions.map(checkedAction) };
  });
  return { id: "shared", title, summary, steps: checked };
}

function checkedAction(action: Action): Action {
  if (!ACTIONS.has(action.type)) throw new TypeError("not an action");
  if (action.type !== "connect") return action;
  const name = action.wishes.carrier?.name ?? "pipe";
  const inPage = name === "pipe" || name === "worker" || name === "webrtc";
  return { type: "connect", wishes: { ...action.wishes, carrier: { name: inPage ? name : "pipe" } } };
}
