/** A page whose server runs this library behind WebTransport, on Deno's QUIC. */
import { test } from "@playwright/test";
import { startWebTransportServer } from "../test/support/webTransportServer.ts";
import { openStory, tell, tellOfLoss } from "./story/tell.ts";

test("a page has its server behind WebTransport", async ({ page }) => {
  const server = await startWebTransportServer();
  test.skip(server === undefined, "there is no Deno");
  const { addresses, stop } = server!;
  try {
    const client = await openStory(page);
    await client.openSession(addresses);
    await tell(client);
    await tellOfLoss(client, "the server is stopped", stop);
  } finally {
    await stop();
  }
});
