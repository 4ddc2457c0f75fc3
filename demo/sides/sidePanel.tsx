/** One side of the conversation: its state, its controls, and its events. */
import type { VNode } from "preact";
import type { Role } from "../../src/inspect/index.ts";
import { Switch } from "../components/switch.tsx";
import { count } from "../model/format.ts";
import { behaviour, conversation } from "../model/playground.ts";
import { act } from "../scenarios/action.ts";
import type { Side } from "../model/side.ts";
import { AnswerForm } from "./answerForm.tsx";
import { Composer } from "./composer.tsx";
import { ConnectForm } from "./connectForm.tsx";
import { EventLog } from "./eventLog.tsx";
import { LifeCycleDrawing } from "./lifeCycleDrawing.tsx";
import { More } from "./more.tsx";
import { StateBadge } from "./stateBadge.tsx";

const titles: Readonly<Record<Role, string>> = { client: "Client", server: "Server" };

export function SidePanel({ role }: { readonly role: Role }): VNode {
  const { absent, problem } = conversation.value;
  const side = conversation.value[role].value;
  const title = titles[role];
  return (
    <section class={`panel side ${role}`} aria-label={title}>
      <header class="panel-head">
        <h2>{title}</h2>
        {side !== undefined && <StateBadge state={side.state.value} owner={title} />}
      </header>
      {side === undefined ? (
        <div class="actions">
          <p class="absent">{problem.value ?? absent[role]}</p>
          <More>
            <Settings role={role} />
          </More>
        </div>
      ) : (
        <Present side={side} />
      )}
      {side !== undefined && <EventLog log={side.log} owner={title} />}
    </section>
  );
}

function Settings({ role }: { readonly role: Role }): VNode {
  const { acceptsAtOnce, echoes, reads } = behaviour[role].value;
  const { near = "client" } = conversation.value.wishes.carrier;
  return (
    <div class="switches">
      {role === "client" && near === "client" && <ConnectForm />}
      {role === "server" && (
        <Switch
          checked={acceptsAtOnce}
          change={(acceptsAtOnce) => void act({ type: "behave", who: role, change: { acceptsAtOnce } })}
          label="Auto-accept"
          hint="off: you answer"
        />
      )}
      {role === "server" && (
        <Switch
          checked={echoes}
          change={(echoes) => void act({ type: "behave", who: role, change: { echoes } })}
          label="Echo messages"
          hint="send received messages back"
        />
      )}
      <Switch
        checked={reads}
        change={(reads) => void act({ type: "behave", who: role, change: { reads } })}
        label="Read incoming bytes"
        hint="off: the sender waits"
      />
    </div>
  );
}

function Present({ side }: { readonly side: Side }): VNode {
  const asked = side.state.value === "connecting" ? side.request.value : undefined;
  const waiting = side.waitingBytes.value;
  const rest = (
    <>
      <Settings role={side.role} />
      <LifeCycleDrawing state={side.state.value} transition={side.transition.value} />
    </>
  );
  return (
    <div class="actions">
      {asked === undefined ? (
        <Composer side={side}>{rest}</Composer>
      ) : (
        <>
          <AnswerForm side={side} request={asked} />
          <More>{rest}</More>
        </>
      )}
      <p class="waiting" role="status">
        {waiting > 0 && `${count(waiting, "byte")} wait to be sent: the transport accepts no more data.`}
      </p>
    </div>
  );
}
