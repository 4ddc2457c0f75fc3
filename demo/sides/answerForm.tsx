/** A request that waits for a person's answer: yes, or no and why. */
import { useSignal } from "@preact/signals";
import type { TargetedSubmitEvent, VNode } from "preact";
import { lifeCycle } from "../../src/index.ts";
import { Complaint } from "../components/complaint.tsx";
import { FactList } from "../components/factList.tsx";
import type { Command } from "../model/command.ts";
import { fieldOf } from "../model/fields.ts";
import { act } from "../scenarios/action.ts";
import type { RequestFacts, Side } from "../model/side.ts";

interface Props {
  readonly side: Side;
  readonly request: RequestFacts;
}

export function AnswerForm({ side, request }: Props): VNode {
  const refusal = useSignal<string | undefined>(undefined);
  const allowed = lifeCycle[side.state.value];
  const perform = async (command: Command): Promise<void> =>
    void (refusal.value = await act({ type: "perform", who: side.role, commands: [command] }));
  const accept = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const subprotocol = fieldOf(event, "subprotocol");
    void perform({ do: "accept", subprotocol: subprotocol === "" ? undefined : subprotocol });
  };
  const reject = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    void perform({ do: "reject", status: Number(fieldOf(event, "status")), body: fieldOf(event, "body") });
  };
  return (
    <div class="composer" role="group" aria-label="Request">
      <p class="asked" role="alert">
        A client requests a connection.
      </p>
      <FactList facts={request.facts} />
      <form onSubmit={accept}>
        <label class="wide">
          Subprotocol
          <select name="subprotocol">
            {request.subprotocols.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
            <option value="">none</option>
          </select>
        </label>
        <button class="primary" aria-disabled={allowed.accept === undefined}>
          Accept
        </button>
      </form>
      <form onSubmit={reject}>
        <label class="narrow">
          Status
          <input name="status" inputMode="numeric" defaultValue="403" autocomplete="off" />
        </label>
        <label class="wide">
          Body
          <input name="body" defaultValue="Not today." autocomplete="off" />
        </label>
        <button aria-disabled={allowed.reject === undefined}>Reject</button>
      </form>
      <Complaint text={refusal.value} />
    </div>
  );
}
