/** A request that waits for a person's answer: yes, or no and why. */
import { useSignal } from "@preact/signals";
import type { TargetedSubmitEvent, VNode } from "preact";
import { lifeCycle, type ConnectionRequested, type WSConnection } from "../../src/index.ts";
import type { Side } from "../conversation.ts";
import { eventFacts } from "../eventFacts.ts";
import { fieldOf } from "../fields.ts";
import { refusalOf } from "../refusal.ts";
import { Complaint } from "./complaint.tsx";
import { FactList } from "./factList.tsx";

interface Props {
  readonly side: Side;
  readonly request: ConnectionRequested;
}

export function AnswerForm({ side, request }: Props): VNode {
  const refusal = useSignal<string | undefined>(undefined);
  const allowed = lifeCycle[side.state.value];
  const act = (what: (connection: WSConnection) => void): void => {
    refusal.value = refusalOf(() => side.act(what));
  };
  const accept = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const subprotocol = fieldOf(event, "subprotocol");
    act((connection) => connection.accept(request, { subprotocol: subprotocol === "" ? undefined : subprotocol }));
  };
  const reject = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const [status, body] = [Number(fieldOf(event, "status")), fieldOf(event, "body")];
    act((connection) => connection.reject(request, { status, body }));
  };
  return (
    <div class="composer" role="group" aria-label="Request">
      <p class="asked" role="alert">
        A client asks for a connection.
      </p>
      <FactList facts={eventFacts(request)} />
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
        <button class="primary" disabled={allowed.accept === undefined}>
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
        <button disabled={allowed.reject === undefined}>Reject</button>
      </form>
      <Complaint text={refusal.value} />
    </div>
  );
}
