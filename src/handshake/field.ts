/** A header field and the spelling of its name. */

/** Name and value of a field. */
export type Field = readonly [name: string, value: string];

/** Returns the usual spelling, such as `Sec-WebSocket-Key`, which some old peers require. */
export function spell(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase()).replace("Websocket", "WebSocket");
}
