/** The playground as the tests see it: its parts by their accessible names. */
import { expect, test, type Locator, type Page } from "@playwright/test";

export type Role = "Client" | "Server";

/** Marks the tests that Firefox runs each time: one or two for each part of the page. */
export const inFirefox = { tag: "@firefox" };

/** Fails a test whose page complains, and opens the page for each. Returns the complaints, for those that are expected. */
export function openPlayground(): string[] {
  const complaints: string[] = [];
  test.beforeEach(async ({ page }) => {
    complaints.length = 0;
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    // As for a returning visitor: “More” is open.
    await page.addInitScript(() => {
      try {
        localStorage.setItem("playground.more", "open");
      } catch {
        // A document without storage, such as the first one.
      }
    });
    await page.goto("/");
    await expect(event(page, "Server", "textReceived")).toContainText("“hello”");
  });
  test.afterEach(() => {
    expect(complaints).toEqual([]);
  });
  return complaints;
}

export const side = (page: Page, role: Role): Locator => page.getByRole("region", { name: role, exact: true });
export const state = (page: Page, role: Role): Locator => page.getByRole("status", { name: `${role} state` });
export const events = (page: Page, role: Role): Locator => page.getByRole("region", { name: `${role} events` });
export const event = (page: Page, role: Role, type: string): Locator =>
  events(page, role).getByRole("listitem").filter({ hasText: type });
export const wire = (page: Page): Locator => page.getByRole("listbox", { name: "Bytes on the wire" });
/** What is in sight of the ladder: chunks, and the frames and heads in them. */
export const arrows = (page: Page): Locator => wire(page).getByRole("option");
export const chunks = (page: Page): Locator => arrows(page).filter({ hasText: "chunk" });
export const tool = (page: Page, name: string): Locator => page.getByRole("tabpanel", { name });
export const inspector = (page: Page): Locator => tool(page, "Inspector");
export const fields = (page: Page): Locator => page.getByRole("list", { name: "Fields" }).getByRole("listitem");
export const dump = (page: Page): Locator => inspector(page).getByRole("region", { name: "Bytes" });

export async function openTool(page: Page, name: string): Promise<Locator> {
  await page.getByRole("tab", { name, exact: true }).click();
  return tool(page, name);
}

export async function expectStates(page: Page, expected: string): Promise<void> {
  await expect(state(page, "Client")).toHaveText(expected);
  await expect(state(page, "Server")).toHaveText(expected);
}

export async function fill(page: Page, role: Role, label: string, value: string): Promise<void> {
  await side(page, role).getByLabel(label, { exact: true }).fill(value);
}

/** Types a number in place of the one that is there. In Firefox Playwright's `fill` puts it in front of that. */
export async function fillNumber(page: Page, role: Role, label: string, value: number): Promise<void> {
  const field = side(page, role).getByLabel(label, { exact: true });
  await field.press("ControlOrMeta+a");
  await field.pressSequentially(String(value));
  await expect(field).toHaveValue(String(value));
}

export async function press(page: Page, role: Role, name: string): Promise<void> {
  await side(page, role).getByRole("button", { name, exact: true }).click();
}

/** The text that is sent, and the arrow of its frame. */
export async function say(page: Page, role: Role, text: string): Promise<Locator> {
  await fill(page, role, "Text", text);
  await press(page, role, "Send text");
  // By its first words: the one before may be the last one for a moment yet.
  return arrows(page)
    .filter({ hasText: "TEXT" })
    .filter({ hasText: `“${text.slice(0, 10)}` })
    .last();
}
