/** Links by which another page connects: the part of that which is there from the start. */
import { signal } from "@preact/signals";
import type { Role } from "../../src/inspect/index.ts";
import { openConnect } from "../model/panels.ts";

export interface Invited {
  /** What this page is to be. */
  readonly role: Role;
  /** The invitation; `undefined` if another tab of this browser waits. */
  readonly code: string | undefined;
}

/** The link that opened this page, until it is followed. */
export const invited = signal<Invited | undefined>(undefined);

const HASH = /^#(?:tab|invite=([^&]+))&be=(client|server)$/;

/** Reads the hash, now and whenever it changes. Nothing connects before the user agrees, except tabs of one browser. */
export function followInvitation(): void {
  const read = (): void => {
    const [, code, role] = HASH.exec(location.hash) ?? [];
    if (role === undefined) return;
    invited.value = { role: role as Role, code };
    history.replaceState(null, "", location.pathname + location.search);
    openConnect();
  };
  addEventListener("hashchange", read);
  read();
}

/** The link for the page that is to be the other end. */
export function linkFor({ role, code }: Invited): string {
  const hash = `${code === undefined ? "tab" : `invite=${code}`}&be=${role}`;
  return new URL(`#${hash}`, location.href).href;
}
