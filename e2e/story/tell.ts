/** Plays the story with a client elsewhere, and compares the results. */
import { expect, test, type Page } from "@playwright/test";
import type { StoryPage } from "../page/story.ts";
import { story, type StoryClient } from "./story.ts";

/** The same methods, called from elsewhere. */
export type Remote<T> = {
  readonly [Name in keyof T as T[Name] extends (...parameters: never) => unknown ? Name : never]: T[Name] extends (
    ...parameters: infer Parameters
  ) => infer Result
    ? (...parameters: Parameters) => Promise<Awaited<Result>>
    : never;
};

/** Makes a caller into an object with the methods that it calls. */
export function remote<T>(call: (method: string, parameters: unknown[]) => Promise<unknown>): Remote<T> {
  return new Proxy({} as Remote<T>, {
    get(_, method) {
      if (method === "then") return undefined; // it is no promise
      return (...parameters: unknown[]) => call(String(method), parameters);
    },
  });
}

/** Opens a page of `e2e/page`, and calls the methods of the page's global of that name. */
export async function openPage<T>(page: Page, file: string, name: string): Promise<Remote<T>> {
  await page.goto(`/e2e/page/${file}`);
  return remote<T>((method, parameters) =>
    page.evaluate(
      ([name, method, parameters]) => {
        const object = (globalThis as unknown as Record<string, Record<string, (...p: unknown[]) => unknown>>)[name];
        return object![method]!(...parameters);
      },
      [name, method, parameters] as const,
    ),
  );
}

/** Opens the story's page. */
export async function openStory(page: Page): Promise<Remote<StoryPage>> {
  return await openPage(page, "story.html", "storyPage");
}

/** Plays it from beginning to end. */
export async function tell(client: { play(step: number): Promise<unknown> }): Promise<void> {
  test.setTimeout(120_000);
  for (const [step, { name, expected }] of story.entries()) {
    await test.step(name, async () => expect(await client.play(step)).toEqual(expected));
  }
}

/** Opens one more WebSocket, has its carrier broken off, and compares how that ends for the client. */
export async function tellOfLoss(
  client: Pick<Remote<StoryClient>, "hold" | "endOfHeld">,
  name: string,
  breakOff: () => unknown,
): Promise<void> {
  await test.step(name, async () => {
    await client.hold();
    await breakOff();
    expect(await client.endOfHeld()).toBe("WebSocketError 1006 lost");
  });
}
