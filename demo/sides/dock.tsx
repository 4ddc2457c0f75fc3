/** An input that sends text, for screens where neither side is visible. */
import { useSignal } from "@preact/signals";
import type { TargetedSubmitEvent, VNode } from "preact";
import { lifeCycle } from "../../src/index.ts";
import type { Role } from "../../src/inspect/index.ts";
import { fieldOf } from "../model/fields.ts";
import { conversation } from "../model/playground.ts";
import { act } from "../scenarios/action.ts";

export function Dock(): VNode {
  const from = useSignal<Role>("client");
  const side = conversation.value[from.value].value;
  const can = side !== undefined && lifeCycle[side.state.value].sendMessage !== undefined;
  const send = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    void act({ type: "perform", who: from.value, commands: [{ do: "send", data: fieldOf(event, "text") }] });
  };
  return (
    <form class="dock" aria-label="Send" onSubmit={send}>
      <label>
        <span class="spoken">Direction</span>
        <select value={from.value} onChange={(event) => (from.value = event.currentTarget.value as Role)}>
          <option value="client">client →</option>
          <option value="server">server →</option>
        </select>
      </label>
      <label class="wide">
        <span class="spoken">Text</span>
        <input name="text" defaultValue="hello" autocomplete="off" />
      </label>
      <button class="primary" aria-disabled={!can}>
        Send
      </button>
    </form>
  );
}
