/** The page: the two ends, the ladder between them, and the tools below. */
import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { Breaker } from "./breaker/breaker.tsx";
import { Throughput } from "./throughput/throughput.tsx";
import { Splitter } from "./components/splitter.tsx";
import { panelId, TabList, tabId, type Tab } from "./components/tabs.tsx";
import { Inspector } from "./inspector/inspector.tsx";
import { Ladder } from "./ladder/ladder.tsx";
import { Masthead } from "./masthead.tsx";
import { isNarrow } from "./model/narrow.ts";
import { NetworkPanel } from "./network/networkPanel.tsx";
import { ProgramSource } from "./programs/programSource.tsx";
import { ScenarioPanel } from "./scenarios/scenarioPanel.tsx";
import { StoryStrip } from "./scenarios/storyStrip.tsx";
import { SidePanel } from "./sides/sidePanel.tsx";

type ToolName = "inspector" | "network" | "scenarios" | "breaker" | "throughput" | "program";
type PanelName = ToolName | "client" | "ladder" | "server";

const tools: readonly Tab<ToolName>[] = [
  { name: "inspector", label: "Inspector" },
  { name: "network", label: "Network" },
  { name: "breaker", label: "Breaker" },
  { name: "scenarios", label: "Scenarios" },
  { name: "throughput", label: "Throughput" },
  { name: "program", label: "Program" },
];
const panels: readonly Tab<PanelName>[] = [
  { name: "ladder", label: "Ladder" },
  { name: "client", label: "Client" },
  { name: "server", label: "Server" },
  ...tools,
];

const chosenTool = signal<ToolName>("inspector");
const chosenPanel = signal<PanelName>("ladder");
/** In CSS pixels. */
const clientWidth = signal(312);
const serverWidth = signal(312);
const toolHeight = signal(380);

export function Playground(): VNode {
  return (
    <>
      <Masthead />
      <StoryStrip />
      {isNarrow.value ? <Narrow /> : <Wide />}
    </>
  );
}

function Wide(): VNode {
  const size = { min: 220, max: 640 };
  return (
    <main
      class="stage"
      style={{
        "--client-width": `${clientWidth.value}px`,
        "--server-width": `${serverWidth.value}px`,
        "--tool-height": `${toolHeight.value}px`,
      }}
    >
      <SidePanel role="client" />
      <Splitter label="Width of the client" orientation="vertical" size={clientWidth} {...size} />
      <div class="middle">
        <Ladder />
        <Splitter label="Height of the tools" orientation="horizontal" size={toolHeight} min={120} max={900} behind />
        <section class="panel tool" aria-label="Tools">
          <TabList tabs={tools} chosen={chosenTool} label="Tools" />
          <div
            key={chosenTool.value} // each scrolls separately
            class="tool-body"
            role="tabpanel"
            id={panelId(chosenTool.value)}
            aria-labelledby={tabId(chosenTool.value)}
            tabIndex={0}
          >
            <Tool name={chosenTool.value} />
          </div>
        </section>
      </div>
      <Splitter label="Width of the server" orientation="vertical" size={serverWidth} {...size} behind />
      <SidePanel role="server" />
    </main>
  );
}

function Narrow(): VNode {
  const name = chosenPanel.value;
  return (
    <main class="stage narrow">
      <TabList tabs={panels} chosen={chosenPanel} label="Panels" />
      <div class="one" role="tabpanel" id={panelId(name)} aria-labelledby={tabId(name)}>
        {name === "client" || name === "server" ? (
          <SidePanel key={name} role={name} />
        ) : name === "ladder" ? (
          <Ladder opened={() => (chosenPanel.value = "inspector")} />
        ) : (
          <section class="panel tool" aria-label="Tools">
            <div key={name} class="tool-body">
              <h2 class="spoken">{tools.find((tool) => tool.name === name)!.label}</h2>
              <Tool name={name} />
            </div>
          </section>
        )}
      </div>
    </main>
  );
}

/** The place where a scenario's step is visible. */
function lookOn(): void {
  chosenTool.value = "inspector";
  chosenPanel.value = "ladder";
}

function Tool({ name }: { readonly name: ToolName }): VNode {
  switch (name) {
    case "inspector":
      return <Inspector />;
    case "network":
      return <NetworkPanel />;
    case "breaker":
      return <Breaker />;
    case "scenarios":
      return <ScenarioPanel chosen={lookOn} />;
    case "throughput":
      return <Throughput />;
    case "program":
      return <ProgramSource />;
  }
}
