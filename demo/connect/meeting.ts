/** Connects this page with another one, which then is the other end of the conversation. */
import { signal } from "@preact/signals";
import type { Role } from "../../src/inspect/index.ts";
import {
  answer,
  broadcastChannelSignals,
  invite,
  meet,
  RendezvousError,
  type Invitation,
  type Meeting,
  type Signals,
} from "../../src/rendezvous/index.ts";
import type { ByteTransport } from "../../src/transports/pipe.ts";
import { connectAgain, wishes } from "../model/playground.ts";
import { otherPage } from "../network/carriers.ts";

/** `role` is this page's side. */
export type Stage =
  | { readonly is: "alone" }
  /** Waits for another tab. */
  | { readonly is: "waiting"; readonly role: Role }
  /** Makes the invitation, or waits for its answer. */
  | { readonly is: "inviting"; readonly role: Role; readonly invitation: Invitation | undefined }
  /** Makes the answer, or waits until the other page has it. */
  | { readonly is: "answering"; readonly role: Role; readonly code: string | undefined }
  | { readonly is: "connected"; readonly role: Role; readonly fingerprint: string };

export const stage = signal<Stage>({ is: "alone" });
/** Why it failed, or ended. */
export const complaint = signal<string | undefined>(undefined);

/** All tabs of the page use this name. */
const ROOM = "websocket-over playground";

let attempt = new AbortController();
let meeting: Meeting | undefined;

export function otherRole(role: Role): Role {
  return role === "client" ? "server" : "client";
}

/** Waits for another tab of this browser. */
export async function meetTab(role: Role): Promise<void> {
  await run({ is: "waiting", role }, async (signal) => {
    take(await meet(between(role, broadcastChannelSignals(ROOM)), { signal }), role);
  });
}

export async function makeInvitation(role: Role): Promise<void> {
  await run({ is: "inviting", role, invitation: undefined }, async (signal) => {
    const invitation = await invite({ signal });
    if (!signal.aborted) stage.value = { is: "inviting", role, invitation };
  });
}

/** Takes the pasted answer. If it can't be used, the user can paste another. */
export async function takeAnswer(text: string): Promise<void> {
  const now = stage.value;
  if (now.is !== "inviting" || now.invitation === undefined) return;
  const { role, invitation } = now;
  const mine = attempt;
  complaint.value = undefined;
  try {
    const met = await invitation.accept(text.trim());
    if (mine === attempt) take(met, role);
    else met.close();
  } catch (error) {
    if (mine === attempt) complaint.value = sentence(error);
  }
}

export async function answerInvitation(role: Role, invitation: string): Promise<void> {
  await run({ is: "answering", role, code: undefined }, async (signal) => {
    const { code, meeting } = await answer(invitation, { signal });
    if (!signal.aborted) stage.value = { is: "answering", role, code };
    take(await meeting, role);
  });
}

/** Gives up, or ends the connection with the other page. The page then is both ends again. */
export function leave(): void {
  attempt.abort();
  attempt = new AbortController();
  complaint.value = undefined;
  const wasConnected = stage.value.is === "connected";
  forget();
  if (wasConnected) connectAgain({ carrier: { name: "pipe" } });
}

/** Starts a new conversation with the other page. */
export function useOtherPage(role: Role): string | undefined {
  return connectAgain({ carrier: { name: "page", near: role } });
}

async function run(first: Stage, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  leave();
  const mine = attempt;
  stage.value = first;
  try {
    await work(mine.signal);
  } catch (error) {
    if (mine !== attempt) return;
    stage.value = { is: "alone" };
    complaint.value = sentence(error);
  }
}

function take(met: Meeting, role: Role): void {
  meeting = met;
  stage.value = { is: "connected", role, fingerprint: met.fingerprint };
  void met.closed.then(({ why }) => {
    if (meeting !== met) return;
    forget();
    complaint.value = `The connection with the other page has ended: ${why}.`;
  });
  if (role === "client") {
    otherPage.value = met.dial;
    useOtherPage(role);
  } else {
    void serveAll(met);
  }
}

/** Each time that the client's page connects, the server's begins a new conversation. */
async function serveAll({ incoming }: Meeting): Promise<void> {
  for await (const transport of incoming) {
    let next: ByteTransport | undefined = transport;
    otherPage.value = () => {
      const taken = next;
      next = undefined;
      return taken;
    };
    useOtherPage("server");
  }
}

function forget(): void {
  meeting?.close();
  meeting = undefined;
  otherPage.value = undefined;
  stage.value = { is: "alone" };
  // The next conversation is within this page again.
  if (wishes.value.carrier.name === "page") wishes.value = { ...wishes.value, carrier: { name: "pipe" } };
}

/** Marks the signals with the sender's role, so that two clients, or two servers, ignore each other. */
function between(role: Role, { readable, writable }: Signals): Signals {
  const [ours, theirs] = [`${role} `, `${otherRole(role)} `];
  const marked = new TransformStream<string, string>({
    transform: (text, controller) => controller.enqueue(ours + text),
  });
  marked.readable.pipeTo(writable).catch(() => undefined); // the meeting is over
  const heard = new TransformStream<string, string>({
    transform(text, controller) {
      if (text.startsWith(theirs)) controller.enqueue(text.slice(theirs.length));
    },
  });
  return { readable: readable.pipeThrough(heard), writable: marked.writable };
}

function sentence(error: unknown): string {
  if (!(error instanceof RendezvousError)) return error instanceof Error ? error.message : String(error);
  return `${error.message[0]!.toUpperCase()}${error.message.slice(1)}.`;
}
