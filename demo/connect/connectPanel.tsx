/** “Connect”: this page becomes one end, and the other one is a real server, another tab, or another browser. */
import { useSignal } from "@preact/signals";
import type { TargetedSubmitEvent, VNode } from "preact";
import { useEffect } from "preact/hooks";
import type { Role } from "../../src/inspect/index.ts";
import { Complaint } from "../components/complaint.tsx";
import { fieldOf } from "../model/fields.ts";
import { conversation } from "../model/playground.ts";
import { invited, linkFor } from "./invited.ts";
import {
  answerInvitation,
  complaint,
  leave,
  makeInvitation,
  meetTab,
  otherRole,
  stage,
  takeAnswer,
  useOtherPage,
  type Stage,
} from "./meeting.ts";
import { QRCode } from "./qrCode.tsx";
import { ServerForm } from "./serverForm.tsx";

/** The role of the next page, in words. */
const role = { client: "the client", server: "the server" } as const;

export function ConnectPanel(): VNode {
  // All tabs of a browser belong to one person.
  useEffect(() => {
    const link = invited.value;
    if (link === undefined || link.code !== undefined) return;
    invited.value = undefined;
    void meetTab(link.role);
  }, [invited.value]);
  return (
    <div class="connect">
      <section aria-label="Connect somebody">
        <h3>Connect somebody</h3>
        {invited.value?.code === undefined ? (
          <Now stage={stage.value} />
        ) : (
          <Invitation role={invited.value.role} code={invited.value.code} />
        )}
        <Complaint text={complaint.value} />
      </section>
      <ServerForm />
    </div>
  );
}

function Now({ stage }: { readonly stage: Stage }): VNode {
  switch (stage.is) {
    case "alone":
      return <Alone />;
    case "waiting":
      return (
        <>
          <p role="status">
            This page is {role[stage.role]}. It waits for another tab of this browser that is{" "}
            {role[otherRole(stage.role)]}.
          </p>
          <div class="buttons">
            <a
              class="button"
              href={linkFor({ role: otherRole(stage.role), code: undefined })}
              target="_blank"
              rel="noreferrer"
            >
              Open that tab
            </a>
            <GiveUp />
          </div>
        </>
      );
    case "inviting":
      return <Inviting role={stage.role} code={stage.invitation?.code} />;
    case "answering":
      return <Answering role={stage.role} code={stage.code} />;
    case "connected":
      return <Connected role={stage.role} fingerprint={stage.fingerprint} />;
  }
}

function Alone(): VNode {
  const chosen = useSignal<Role>("client");
  return (
    <>
      <p class="hint">
        Another page becomes the other end. Both show the ladder, each from its own end. The bytes go directly from
        browser to browser, over WebRTC.
      </p>
      <label>
        This page is
        <select value={chosen.value} onChange={(event) => (chosen.value = event.currentTarget.value as Role)}>
          <option value="client">the client</option>
          <option value="server">the server</option>
        </select>
      </label>
      <div class="buttons">
        <button type="button" onClick={() => void meetTab(chosen.value)}>
          Another tab of this browser
        </button>
        <button type="button" onClick={() => void makeInvitation(chosen.value)}>
          Another browser, or a phone
        </button>
      </div>
    </>
  );
}

function Inviting({ role: mine, code }: { readonly role: Role; readonly code: string | undefined }): VNode {
  if (code === undefined) return <Making what="invitation" />;
  const link = linkFor({ role: otherRole(mine), code });
  const connect = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    void takeAnswer(fieldOf(event, "answer"));
  };
  return (
    <>
      <p role="status">
        This page is {role[mine]}. Open the invitation in the other browser; it makes an answer. It is good for ten
        minutes.
      </p>
      <div class="invitation">
        <QRCode text={link} label="QR code of the link" />
        <div>
          <Copied label="Invitation" text={link} />
          <form onSubmit={connect}>
            <label class="wide">
              Answer
              <input name="answer" required autocomplete="off" spellcheck={false} placeholder="Paste it here" />
            </label>
            <button class="primary">Connect</button>
          </form>
          <GiveUp />
        </div>
      </div>
    </>
  );
}

function Invitation({ role: mine, code }: { readonly role: Role; readonly code: string }): VNode {
  const take = (): void => {
    invited.value = undefined;
    void answerInvitation(mine, code);
  };
  return (
    <>
      <p role="status">
        Somebody invites this page to be {role[mine]}. If you answer, the two browsers connect, and learn each other’s
        network addresses.
      </p>
      <div class="buttons">
        <button type="button" class="primary" onClick={take}>
          Answer
        </button>
        <button type="button" onClick={() => (invited.value = undefined)}>
          Not now
        </button>
      </div>
    </>
  );
}

function Answering({ role: mine, code }: { readonly role: Role; readonly code: string | undefined }): VNode {
  if (code === undefined) return <Making what="answer" />;
  return (
    <>
      <p role="status">
        This page is {role[mine]}. Send the answer back: the two connect once it is pasted into the page that made the
        invitation.
      </p>
      <Copied label="Answer" text={code} />
      <GiveUp />
    </>
  );
}

function Connected({ role: mine, fingerprint }: { readonly role: Role; readonly fingerprint: string }): VNode {
  const isUsed = conversation.value.wishes.carrier.name === "page";
  return (
    <>
      <p role="status">
        Connected: this page is {role[mine]}, the other one {role[otherRole(mine)]}. Both show the number{" "}
        <b class="fingerprint">{fingerprint}</b> if nobody is in between.
      </p>
      <div class="buttons">
        {mine === "client" && !isUsed && (
          <button type="button" onClick={() => void (complaint.value = useOtherPage(mine))}>
            Use it again
          </button>
        )}
        <GiveUp label="Disconnect" />
      </div>
    </>
  );
}

function Making({ what }: { readonly what: string }): VNode {
  return (
    <>
      <p role="status">Making the {what} …</p>
      <GiveUp />
    </>
  );
}

function GiveUp({ label = "Give up" }: { readonly label?: string }): VNode {
  return (
    <button type="button" onClick={leave}>
      {label}
    </button>
  );
}

/** A text for the user to copy by hand. */
function Copied({ label, text }: { readonly label: string; readonly text: string }): VNode {
  const done = useSignal(false);
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => (done.value = true),
      () => undefined, // it can be copied from the field
    );
  };
  return (
    <div class="copied">
      <label class="wide">
        {label}
        <input class="bytes" readOnly value={text} onFocus={(event) => event.currentTarget.select()} />
      </label>
      <button type="button" onClick={copy}>
        Copy {label.toLowerCase()}
      </button>
      <span role="status">{done.value && "It is in your clipboard."}</span>
    </div>
  );
}
