/** The chat's connection in a worker. */
import { ChatConnection, type ChatOptions } from "./chatConnection.ts";

interface Command {
  readonly options?: ChatOptions;
  readonly say?: string | Uint8Array<ArrayBuffer>;
  readonly leave?: true;
}

let chat: ChatConnection | undefined;
addEventListener("message", ({ data }: MessageEvent<Command>) => {
  if (data.options !== undefined) chat = new ChatConnection(data.options, (event) => postMessage(event));
  if (data.say !== undefined) chat?.say(data.say);
  if (data.leave !== undefined) chat?.leave();
});
