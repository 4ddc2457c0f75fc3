/** One side of the conversation: where it stands, what can be done there, and what has happened. */
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
      <div class="settings">
        {role === "client" && <ConnectForm />}
        <Settings role={role} />
      </div>
      {side === undefined ? (
        <p class="absent">{problem.value ?? absent[role]}</p>
      ) : (
        <Present side={side} title={title} />
      )}
    </section>
  );
}

function Settings({ role }: { readonly role: Role }): VNode {
  const { acceptsAtOnce, echoes, reads } = behaviour[role].value;
  return (
    <div class="switches">
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

function Present({ side, title }: { readonly side: Side; readonly title: string }): VNode {
  const asked = side.state.value === "connecting" ? side.request.value : undefined;
  const waiting = side.waitingBytes.value;
  return (
    <>
      <LifeCycleDrawing state={side.state.value} transition={side.transition.value} />
      <div class="actions">
        {asked === undefined ? <Composer side={side} /> : <AnswerForm side={side} request={asked} />}
        <p class="waiting" role="status">
          {waiting > 0 && `${count(waiting, "byte")} wait to be sent: the transport accepts no more data.`}
        </p>
      </div>
      <EventLog log={side.log} owner={title} />
    </>
  );
}
