/** A real server: through the relay of the command with every bit, else by the browser's own `WebSocket`. */
import { useSignal } from "@preact/signals";
import type { TargetedSubmitEvent, VNode } from "preact";
import { Complaint } from "../components/complaint.tsx";
import { LogBox } from "../components/logBox.tsx";
import { fieldOf } from "../model/fields.ts";
import { openInspector } from "../model/panels.ts";
import { wishes } from "../model/playground.ts";
import { addressOf, relayed } from "../network/relay.ts";
import { act } from "../scenarios/action.ts";
import { closeSocket, openSocket, sendText, socketLog, socketState, type Line } from "./browserSocket.ts";

export function ServerForm(): VNode {
  return relayed.value === undefined ? <ByBrowser /> : <ByRelay to={relayed.value} />;
}

function ByRelay({ to }: { readonly to: readonly string[] }): VNode {
  const refusal = useSignal<string | undefined>(undefined);
  const { carrier, subprotocols } = wishes.value;
  const connect = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const url = serverURL(fieldOf(event, "url"));
    const origin = fieldOf(event, "origin").trim();
    const names = namesIn(fieldOf(event, "subprotocols"));
    refusal.value =
      typeof url === "string"
        ? url
        : !to.includes(addressOf(url))
          ? notAllowed(to, url)
          : await act({
              type: "connect",
              wishes: {
                resource: url.pathname + url.search,
                subprotocols: names,
                carrier: { name: "relay", url: url.href, ...(origin !== "" && { origin }) },
              },
            });
    if (refusal.value === undefined) openInspector();
  };
  return (
    <form onSubmit={(event) => void connect(event)} aria-label="A real server">
      <h3>A real server</h3>
      <p class="hint">
        The client of this page talks to it through the relay of the command, and you see every bit that it sends.
      </p>
      <label class="wide">
        URL
        <input
          name="url"
          required
          defaultValue={carrier.name === "relay" ? carrier.url : to[0] === undefined ? "" : `ws://${to[0]}/`}
          placeholder="ws://127.0.0.1:8080/"
          autocomplete="off"
          spellcheck={false}
        />
      </label>
      <label class="wide">
        Subprotocols
        <input name="subprotocols" defaultValue={subprotocols.join(", ")} autocomplete="off" spellcheck={false} />
      </label>
      <label class="wide">
        Origin, if the server asks for one
        <input name="origin" defaultValue={carrier.origin ?? ""} autocomplete="off" spellcheck={false} />
      </label>
      <button class="primary">Connect to it</button>
      <Complaint text={refusal.value} />
    </form>
  );
}

function notAllowed(to: readonly string[], url: URL): string {
  const reaches = to.length === 0 ? "no server" : `${to.join(", ")} alone`;
  return `The relay reaches ${reaches}. Start the command again with --to ${addressOf(url)}.`;
}

function ByBrowser(): VNode {
  const refusal = useSignal<string | undefined>(undefined);
  const connect = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const url = serverURL(fieldOf(event, "url"));
    refusal.value = typeof url === "string" ? url : openSocket(url.href, namesIn(fieldOf(event, "subprotocols")));
  };
  const send = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    sendText(fieldOf(event, "text"));
  };
  const isOpen = socketState.value === "open";
  return (
    <div class="by-browser" role="group" aria-label="A real server">
      <h3>A real server</h3>
      <p class="hint">
        With the browser’s own WebSocket you see <b>messages only</b>: browsers do not show frames to pages. To see
        every bit, run <code>npx websocket-over playground --to HOST:PORT</code> and open the page that it serves.
      </p>
      <form onSubmit={connect}>
        <label class="wide">
          URL
          <input name="url" required placeholder="wss://…" autocomplete="off" spellcheck={false} />
        </label>
        <label class="wide">
          Subprotocols
          <input name="subprotocols" autocomplete="off" spellcheck={false} />
        </label>
        <button>Open, messages only</button>
        <Complaint text={refusal.value} />
      </form>
      {socketState.value !== "none" && (
        <>
          <form onSubmit={send}>
            <label class="wide">
              Message
              <input name="text" defaultValue="hello" autocomplete="off" />
            </label>
            <button aria-disabled={!isOpen}>Send message</button>
            <button type="button" aria-disabled={!isOpen} onClick={closeSocket}>
              Close it
            </button>
          </form>
          <LogBox log={socketLog.value} label="Messages" whenEmpty="Nothing yet." Row={MessageRow} />
        </>
      )}
    </div>
  );
}

const WAYS: Readonly<Record<Line["from"], string>> = { page: "sent", server: "received", browser: "the browser says" };

function MessageRow({ entry: { from, text } }: { readonly entry: Line }): VNode {
  return (
    <li class={from === "page" ? "from-client" : from === "server" ? "from-server" : ""}>
      <b>{WAYS[from]}</b> {text}
    </li>
  );
}

/** The URL, or what is wrong with it. */
function serverURL(text: string): URL | string {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  const isRight = url !== undefined && /^wss?:$/.test(url.protocol) && url.username === "" && url.hash === "";
  return isRight ? url : "Write the URL of a WebSocket server, such as ws://127.0.0.1:8080/chat.";
}

function namesIn(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  return names.filter((name) => name !== "");
}
