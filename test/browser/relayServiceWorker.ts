/** A service worker that passes a port on to the page that echoes. */
interface Client {
  readonly url: string;
  postMessage(message: unknown, transfer: Transferable[]): void;
}

declare const clients: { matchAll(options: object): Promise<readonly Client[]> };

addEventListener("message", ({ data }: MessageEvent<MessagePort>) => {
  void clients.matchAll({ type: "window", includeUncontrolled: true }).then((pages) => {
    pages.find(({ url }) => url.includes("echoPage.html"))?.postMessage(data, [data]);
  });
});
