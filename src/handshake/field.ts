/** A header field, and how its name is spelled. */

/** Name and value of a field. */
export type Field = readonly [name: string, value: string];

/** In the usual spelling, which some old peers insist on: `Sec-WebSocket-Key`. */
export function spell(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase()).replace("Websocket", "WebSocket");
}
