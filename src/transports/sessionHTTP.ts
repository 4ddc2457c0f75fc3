/** What both sides of the exchange over HTTP share (RFC 9725). */
import { onAbort } from "./onAbort.ts";
import { MAX_DESCRIPTION_CHARS } from "./sessionDescription.ts";

export const DESCRIPTION_TYPE = "application/sdp";

/** RFC 8840 §9 */
export const FRAGMENT_TYPE = "application/trickle-ice-sdpfrag";

/** The media type in lower case, without parameters; empty if there is none. */
export function mediaTypeOf(headers: Headers): string {
  return (headers.get("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
}

/** Reads a body as text; `undefined` if it is longer than a description may be. Rejects with the signal's reason. */
export async function boundedText(
  message: Pick<Body, "body" | "blob">,
  signal?: AbortSignal,
): Promise<string | undefined> {
  // Firefox has no `body` in requests (153).
  const body = (message.body as ReadableStream<Uint8Array> | null | undefined) ?? (await message.blob()).stream();
  const reader = body.getReader();
  const forget = onAbort(signal, (reason) => void reader.cancel(reason).catch(() => undefined));
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      signal?.throwIfAborted();
      if (done) return text + decoder.decode();
      text += decoder.decode(value, { stream: true });
      if (text.length > MAX_DESCRIPTION_CHARS) {
        await reader.cancel();
        return undefined;
      }
    }
  } finally {
    forget();
  }
}
