/** “Explain these bytes”: a box for bytes, the verdict on them, and below it the ladder and the inspector. */
import { untracked, useSignal, useSignalEffect } from "@preact/signals";
import type { TargetedEvent, TargetedSubmitEvent, VNode } from "preact";
import { useEffect } from "preact/hooks";
import { Switch } from "../components/switch.tsx";
import { Inspector } from "../inspector/inspector.tsx";
import { Ladder } from "../ladder/ladder.tsx";
import { count } from "../model/format.ts";
import { isNarrow } from "../model/narrow.ts";
import { explain, given, stopExplaining } from "./explained.ts";
import { linkValue } from "./explainLink.ts";
import { markdownOf } from "./markdown.ts";
import { redactExplanation } from "./redaction.ts";
import { Try } from "./try.tsx";
import type { Explanation } from "./explanation.ts";
import {
  cancel,
  chosen,
  contents,
  explainAs,
  explanation,
  giveBack,
  moreRecords,
  note,
  progress,
  readAs,
  readGiven,
  refusal,
  shareable,
  title,
} from "./reading.ts";

export function ExplainView(): VNode {
  useSignalEffect(() => {
    const what = given.value;
    if (what !== undefined) untracked(() => void readGiven(what));
  });
  useEffect(() => {
    if (given.value === undefined) document.querySelector<HTMLElement>(".explain textarea")?.focus();
    return giveBack;
  }, []);
  const result = explanation.value;
  return (
    <main id="main" class="explain" aria-label="Explain these bytes">
      <header class="explain-head">
        <h1>Explain these bytes</h1>
        <button type="button" class="small" onClick={stopExplaining}>
          Back to the live connection
        </button>
      </header>
      <Box />
      {progress.value !== undefined && (
        <p class="working" role="status">
          <progress max="1" value={progress.value} aria-label="Decoded so far" />
          <button type="button" class="small" onClick={cancel}>
            Cancel
          </button>
        </p>
      )}
      {refusal.value !== undefined && (
        <p class="verdict-sentence" role="alert">
          {refusal.value}
        </p>
      )}
      {result !== undefined && <Result result={result} />}
    </main>
  );
}

function Box(): VNode {
  const text = useSignal(given.value?.kind === "text" ? given.value.text : "");
  useSignalEffect(() => {
    if (given.value?.kind === "text") text.value = given.value.text;
  });
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    explain({ kind: "text", text: text.value });
  };
  const choose = (event: TargetedEvent<HTMLInputElement>): void => {
    const [file] = event.currentTarget.files ?? [];
    if (file !== undefined) explain({ kind: "file", file });
    event.currentTarget.value = ""; // the same one may be chosen again
  };
  return (
    <form class="box" onSubmit={submit}>
      <label class="wide">
        Bytes: a hex dump of Wireshark, hex, an array, Base64, a HAR or a test vector
        <textarea
          class="bytes"
          rows={explanation.value === undefined ? 8 : 3}
          spellcheck={false}
          placeholder="81 85 37 fa 21 3d 7f 9f 4d 51 58"
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
          onPaste={(event) => {
            // Text that is pasted into the empty box is explained at once.
            const pasted = event.clipboardData?.getData("text") ?? "";
            if (text.value !== "" || pasted === "") return;
            event.preventDefault();
            explain({ kind: "text", text: pasted });
          }}
        />
      </label>
      <div class="tools">
        <button class="primary">Explain</button>
        <label class="file">
          <span>Open a file…</span>
          <input type="file" aria-label="A capture, a HAR or a file of bytes" onChange={choose} />
        </label>
      </div>
      <p class="hint">
        Paste with Ctrl+V anywhere on this page, or drop a file: pcap, pcapng, HAR, test vectors, or plain bytes, up to
        50 MiB. Nothing is uploaded: all of it is read in this browser.
      </p>
    </form>
  );
}

/** On a narrow screen the bits come right after the verdict on them. */
function Result({ result }: { readonly result: Explanation }): VNode {
  const { verdict } = result;
  const ways = (
    <>
      <TakenFor result={result} />
      <Try result={result} />
      <Share result={result} />
    </>
  );
  return (
    <>
      <section class="outcome" aria-label="Verdict">
        {title.value !== "" && <h2>{title.value}</h2>}
        <p class={`verdict-sentence${verdict.fault === undefined ? "" : " faulty"}`} role="status">
          {verdict.sentence}
        </p>
        {note.value !== "" && <p class="note-text">{note.value}</p>}
        {!isNarrow.value && ways}
      </section>
      <div class="explain-stage">
        <Ladder />
        <section class="panel tool" aria-label="Inspector">
          <div class="tool-body" tabIndex={0} role="region" aria-label="What it means">
            <Inspector />
          </div>
        </section>
      </div>
      {isNarrow.value && <div class="outcome">{ways}</div>}
    </>
  );
}

/** How the bytes were read. The reader can change each part of that. */
function TakenFor({ result }: { readonly result: Explanation }): VNode | null {
  const found = contents.value;
  if (found === undefined) return null;
  const as = readAs.value;
  const change = (part: Partial<typeof as>): void => explainAs(chosen.value, { ...as, ...part });
  return (
    <form class="taken-for" aria-label="Taken for" onSubmit={(event) => event.preventDefault()}>
      <p>
        Taken for {found.as}
        {result.inflates && as.deflate === "auto" && ", compressed with permessage-deflate"}.
        {found.madeUp && " It has messages, not frames: the headers of the frames here are made up."}
        {moreRecords.value > 0 && ` Only the beginning is shown: ${count(moreRecords.value, "frame")} follow.`}
      </p>
      {found.labels.length > 1 && (
        <label class="wide">
          Connection
          <select value={chosen.value} onChange={(event) => explainAs(Number(event.currentTarget.value), as)}>
            {found.labels.map((label, index) => (
              <option key={index} value={index}>
                {label}
              </option>
            ))}
          </select>
        </label>
      )}
      {found.oneWay && (
        <label>
          Direction
          <select
            value={as.sender ?? result.sender}
            onChange={(event) => change({ sender: event.currentTarget.value as "client" | "server" })}
          >
            <option value="client">client → server</option>
            <option value="server">client ← server</option>
          </select>
        </label>
      )}
      {found.oneWay && (
        <label class="narrow">
          Skip bytes
          <input
            type="number"
            min="0"
            value={as.skip}
            onChange={({ currentTarget: { valueAsNumber: skip } }) => change({ skip: skip > 0 ? Math.floor(skip) : 0 })}
          />
        </label>
      )}
      <label>
        Handshake
        <select
          value={as.handshake}
          onChange={(event) => change({ handshake: event.currentTarget.value as typeof as.handshake })}
        >
          <option value="auto">as it looks</option>
          <option value="http1">it begins with one</option>
          <option value="none">it has none</option>
        </select>
      </label>
      <label>
        permessage-deflate
        <select
          value={as.deflate}
          onChange={(event) => change({ deflate: event.currentTarget.value as typeof as.deflate })}
        >
          <option value="auto">as it looks</option>
          <option value="yes">agreed on</option>
          <option value="no">not agreed on</option>
        </select>
      </label>
      <Switch checked={as.masking} change={(masking) => change({ masking })} label="Clients must mask" />
    </form>
  );
}

function Share({ result }: { readonly result: Explanation }): VNode {
  const said = useSignal("");
  const keeps = useSignal(false);
  const share = shareable.value;
  const link = async (): Promise<string | undefined> => {
    if (share === undefined) return undefined;
    const found = keeps.value ? share.found : { ...share.found, chunks: share.redacted };
    const value = await linkValue({ title: title.value, note: note.value, found, as: readAs.value });
    return value && new URL(`#explain=${value}`, location.href).href;
  };
  const copyLink = async (): Promise<void> => {
    const url = await link();
    if (url === undefined) {
      said.value = "That is too much for a link: pass on the file, or copy it as Markdown.";
      return;
    }
    history.replaceState(null, "", url);
    said.value = (await copied(url)) ? "The link is in your clipboard." : "The link is now the address of this page.";
  };
  const copyMarkdown = async (): Promise<void> => {
    const text = markdownOf(keeps.value ? result : redactExplanation(result), await link());
    said.value = (await copied(text))
      ? "The Markdown is in your clipboard."
      : "This browser keeps pages from its clipboard.";
  };
  return (
    <div class="share" role="group" aria-label="Pass it on">
      <label class="medium">
        Title
        <input value={title.value} onInput={(event) => (title.value = event.currentTarget.value)} />
      </label>
      <label class="wide">
        Note
        <input value={note.value} onInput={(event) => (note.value = event.currentTarget.value)} />
      </label>
      <button type="button" class="primary" onClick={() => void copyLink()}>
        Copy link
      </button>
      <button type="button" onClick={() => void copyMarkdown()}>
        Copy as Markdown
      </button>
      {share !== undefined && share.secrets > 0 && (
        <Switch
          checked={keeps.value}
          change={(on) => (keeps.value = on)}
          label={`Keep ${count(share.secrets, "secret")}`}
          hint="else blanked: cookies, authorization, tokens"
        />
      )}
      <p class="hint" role="status">
        {said.value === "" ? "A link has the bytes in itself: nothing is uploaded." : said.value}
      </p>
    </div>
  );
}

async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
