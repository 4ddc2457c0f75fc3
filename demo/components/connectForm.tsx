/** What the client will ask for, and the button that begins a fresh conversation. */
import { useSignal } from "@preact/signals";
import type { TargetedSubmitEvent, VNode } from "preact";
import type { Wishes } from "../conversation.ts";
import { fieldOf, isChecked } from "../fields.ts";
import { Complaint } from "./complaint.tsx";

export type ClientWishes = Pick<Wishes, "resource" | "subprotocols" | "compression">;

interface Props {
  /** Returns why it can't be done, or `undefined`. */
  readonly connect: (wishes: ClientWishes) => string | undefined;
}

export function ConnectForm({ connect }: Props): VNode {
  const refusal = useSignal<string | undefined>(undefined);
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const subprotocols = fieldOf(event, "subprotocols").split(",");
    refusal.value = connect({
      resource: fieldOf(event, "resource"),
      subprotocols: subprotocols.map((name) => name.trim()).filter((name) => name !== ""),
      compression: isChecked(event, "compression"),
    });
  };
  return (
    <form onSubmit={submit}>
      <label class="medium">
        Resource
        <input name="resource" defaultValue="/chat" autocomplete="off" spellcheck={false} />
      </label>
      <label class="wide">
        Subprotocols
        <input name="subprotocols" placeholder="chat, superchat" autocomplete="off" spellcheck={false} />
      </label>
      <label class="switch">
        <input name="compression" type="checkbox" onChange={(event) => event.currentTarget.form?.requestSubmit()} />
        <span>
          Compress <small>connects again with permessage-deflate</small>
        </span>
      </label>
      <button>Connect again</button>
      <Complaint text={refusal.value} />
    </form>
  );
}
