/** A page whose server is in a worker, over message ports. */
import { test } from "@playwright/test";
import { openStory, tell, tellOfLoss } from "./story/tell.ts";

test("a worker is the server of its page over message ports", async ({ page }) => {
  const client = await openStory(page);
  await client.startWorker();
  await tell(client);
  await tellOfLoss(client, "the worker is terminated", () => client.terminateWorker());
});
