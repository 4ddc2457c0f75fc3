/** How the other side answered. */
import type { VNode } from "preact";
import type { Role } from "../../src/inspect/index.ts";
import { Clause } from "../inspector/clause.tsx";
import type { Closed } from "../model/end.ts";
import type { Side } from "../model/side.ts";
import { trial } from "./breakerState.ts";

export function Verdict(): VNode {
  return (
    <div class="verdict" role="status" aria-label="Verdict">
      <Said />
    </div>
  );
}

function Said(): VNode {
  if (trial.value === undefined) {
    return <p class="hint">Choose what to break. It is sent at once, and the other side's answer appears here.</p>;
  }
  const { conversation, judge, what } = trial.value;
  const side = conversation[judge].value;
  const other = conversation[judge === "client" ? "server" : "client"].value;
  if (side === undefined) return <p>{what}: sent to a server elsewhere, so its answer can't be judged here.</p>;
  const closed = side.closed.value;
  if (closed === undefined) return <p>{stillThere(side, judge, what)}</p>;
  return (
    <p>
      <b>{what}:</b> {closed.fault === undefined ? ended(judge, closed) : <Failed judge={judge} closed={closed} />}
      {other?.closed.value !== undefined && ` The ${other.role} saw ${other.closed.value.code}.`}
    </p>
  );
}

function stillThere({ state }: Side, judge: Role, what: string): string {
  return state.value === "open"
    ? `${what}: the ${judge} accepted it, and is open.`
    : `${what}: the ${judge} is ${state.value}.`;
}

function ended(judge: Role, { code }: Closed): string {
  return `the ${judge} found nothing wrong with it, and is closed (${code}).`;
}

function Failed({ judge, closed: { fault, sentCode } }: { readonly judge: Role; readonly closed: Closed }): VNode {
  return (
    <>
      the {judge} failed the connection: {fault!.message} <code>{fault!.code}</code>
      {fault!.section !== undefined && (
        <>
          {" "}
          (<Clause section={fault!.section} />)
        </>
      )}
      {sentCode !== undefined && `, and sent Close ${sentCode}`}
      {judge === "server" && fault!.status !== undefined && sentCode === undefined && `, and answered ${fault!.status}`}
      .
    </>
  );
}
