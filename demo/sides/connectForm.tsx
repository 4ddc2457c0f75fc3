/** The client's options for a new conversation, and the button that starts it. */
import { useSignal } from "@preact/signals";
import type { TargetedSubmitEvent, VNode } from "preact";
import { Complaint } from "../components/complaint.tsx";
import { fieldOf, isChecked } from "../model/fields.ts";
import { wishes } from "../model/playground.ts";
import { act } from "../scenarios/action.ts";

export function ConnectForm(): VNode {
  const refusal = useSignal<string | undefined>(undefined);
  const { resource, subprotocols, compression } = wishes.value;
  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const names = fieldOf(event, "subprotocols").split(",");
    const next = {
      resource: fieldOf(event, "resource"),
      subprotocols: names.map((name) => name.trim()).filter((name) => name !== ""),
      compression: isChecked(event, "compression"),
    };
    refusal.value = await act({ type: "connect", wishes: next });
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <label class="medium">
        Resource
        <input name="resource" defaultValue={resource} autocomplete="off" spellcheck={false} />
      </label>
      <label class="wide">
        Subprotocols
        <input
          name="subprotocols"
          defaultValue={subprotocols.join(", ")}
          placeholder="chat, superchat"
          autocomplete="off"
          spellcheck={false}
        />
      </label>
      <label class="switch">
        <input
          name="compression"
          type="checkbox"
          checked={compression}
          onChange={(event) => event.currentTarget.form?.requestSubmit()}
        />
        <span>
          Compress <small>reconnects with permessage-deflate</small>
        </span>
      </label>
      <button>Connect again</button>
      <Complaint text={refusal.value} />
    </form>
  );
}
