/** The page: what it is, the two sides with the wire between them, and the programs that run there. */
import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { startConversation, type Conversation, type Wishes } from "../conversation.ts";
import { refusalOf } from "../refusal.ts";
import { AnswerForm } from "./answerForm.tsx";
import { Composer } from "./composer.tsx";
import { ConnectForm, type ClientWishes } from "./connectForm.tsx";
import { ProgramSource } from "./programSource.tsx";
import { ServerSettings } from "./serverSettings.tsx";
import { SidePanel } from "./sidePanel.tsx";
import { Wire } from "./wire.tsx";

const acceptsAtOnce = signal(true);
const echoes = signal(false);
const conversation = signal(begin({ resource: "/chat", subprotocols: [], compression: false }));

function begin(wishes: ClientWishes): Conversation {
  const answers: Omit<Wishes, keyof ClientWishes> = {
    acceptsAtOnce: () => acceptsAtOnce.value,
    echoes: () => echoes.value,
  };
  return startConversation({ ...wishes, ...answers });
}

/** Leaves the present conversation alone if another can't begin. */
function connectAgain(wishes: ClientWishes): string | undefined {
  return refusalOf(() => {
    const next = begin(wishes);
    conversation.value.abandon();
    conversation.value = next;
  });
}

export function Playground(): VNode {
  const { client, server, request, wire } = conversation.value;
  const asked = server.state.value === "connecting" ? request.value : undefined;
  return (
    <>
      <header class="masthead">
        <p class="name">websocket-over</p>
        <h1>
          WebSocket over anything that carries bytes:{" "}
          <span>a client and a server, both in this tab, no socket between them.</span>
        </h1>
      </header>
      <main>
        <div class="stage">
          <SidePanel side={client} title="Client" settings={<ConnectForm connect={connectAgain} />}>
            <Composer side={client} />
          </SidePanel>
          <Wire log={wire} />
          <SidePanel
            side={server}
            title="Server"
            settings={<ServerSettings acceptsAtOnce={acceptsAtOnce} echoes={echoes} />}
          >
            {asked === undefined ? <Composer side={server} /> : <AnswerForm side={server} request={asked} />}
          </SidePanel>
        </div>
        <ProgramSource />
      </main>
    </>
  );
}
