/** What is said in the recorded conversations. */

export const MESSAGES = ["hello", "Grüße, 世界 ☃", "x".repeat(126), "the same again ".repeat(300)];

/** What a page does. */
export async function talk({ url, messages }: { url: string; messages: string[] }): Promise<void> {
  const socket = new WebSocket(url);
  const next = (): Promise<unknown> =>
    new Promise((resolve) => socket.addEventListener("message", resolve, { once: true }));
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  for (const message of [...messages, Uint8Array.from({ length: 256 }, (_, byte) => byte)]) {
    const echoed = next();
    socket.send(message);
    await echoed;
  }
  const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
  socket.close(4001, "that is all");
  await closed;
}
