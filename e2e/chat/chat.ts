/** The chat as the tests see it. */
import type { Locator, Page } from "@playwright/test";
import { test as base } from "../../src/playwright/index.ts";
import type { ServerSocket, WebSocketServer } from "../../src/playwright/index.ts";

export { expect } from "../../src/playwright/index.ts";

export type Where = "page" | "worker";
export type Mode = "page" | "wire";

/** In which way the chat is reached, and where its connection is. */
export const ways: readonly { readonly mode: Mode; readonly where: Where; readonly name: string }[] = [
  { mode: "page", where: "page", name: "in the page, over a binding" },
  { mode: "page", where: "worker", name: "in a worker, over a binding" },
  { mode: "wire", where: "page", name: "in the page, on the wire" },
  { mode: "wire", where: "worker", name: "in a worker, on the wire" },
];

export interface Chat {
  readonly server: WebSocketServer;
  readonly status: Locator;
  readonly messages: Locator;
  readonly protocol: Locator;
  say(text: string): Promise<void>;
  press(name: string): Promise<void>;
}

export const test = base;

/** Opens the chat with a server for it. What is on the wire needs a policy that lets it there. */
export async function openChat(
  page: Page,
  server: WebSocketServer,
  { mode, where }: { mode: Mode; where: Where },
  options: Record<string, string> = {},
): Promise<Chat> {
  const query = new URLSearchParams({ where, ...(mode === "wire" && { policy: "open" }), ...options });
  await page.goto(`/e2e/chat/?${query.toString()}`);
  return {
    server,
    status: page.getByRole("status"),
    messages: page.getByRole("list", { name: "Messages" }).getByRole("listitem"),
    protocol: page.locator("#protocol"),
    async say(text) {
      await page.getByLabel("Message", { exact: true }).fill(text);
      await page.getByRole("button", { name: "Send" }).click();
    },
    press: (name) => page.getByRole("button", { name }).click(),
  };
}

/** The next connection of the chat, which has joined. */
export async function join(chat: Chat): Promise<ServerSocket> {
  const request = await chat.server.request({ timeout: 15_000 });
  return await request.accept({ subprotocol: "chat.v2" });
}
