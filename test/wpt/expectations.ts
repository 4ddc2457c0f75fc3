/** Known failures in web-platform-tests of May 2025, in Chromium 156, with the reason. */
export interface Expectation {
  /** Matches `file › subtest`. */
  readonly pattern: RegExp;
  readonly reason: string;
}

/** With the browser's own class, too. */
const everyClass: Expectation[] = [
  {
    pattern: /Create-invalid-urls.* › .*foo bar|Create-url-with-space/,
    reason: "Chromium's URL takes a space in a host",
  },
  {
    pattern: /Create-protocols-repeated-case-insensitive/,
    reason: "subprotocols are compared with their case (RFC 6455 §4.1), whatever the test says",
  },
  {
    pattern: /cookies\/(007|cross-origin|third-party)|unload-a-document\/00[24]/,
    reason: "Chromium, started like this, fails it with either class",
  },
  {
    pattern: /stream\/tentative\/remote-close.* › the test as a whole/,
    reason: "the test checks a DOMException as if it were an error of JavaScript",
  },
];

const ofOurs: Expectation[] = [
  ...everyClass,
  { pattern: /constructor\/014/, reason: "one connection at a time to an address is the dialler's affair" },
  { pattern: /cookies\/00[1-6]/, reason: "a script can't see the page's cookies, nor set those that a server sends" },
  {
    pattern: /stream\/tentative\/websocket-error.* › .*(defaults|invalid code|verlong reason|utf-8 bytes)/,
    reason: "our WebSocketError serves servers too, which send more codes; without one its closeCode is undefined",
  },
  {
    pattern: /stream\/tentative\/remote-close.* › close with unwritten data/,
    reason: "the server reads on until our Close, so nothing may be left unwritten by then",
  },
  { pattern: /mixed-content/, reason: "what carries the bytes says whether they are safe, not the URL" },
];

const ofChromium: Expectation[] = [
  ...everyClass,
  { pattern: /basic-auth.*\?wss/, reason: "Chromium, started like this, does not open it over TLS" },
];

export const expectations = { ours: ofOurs, native: ofChromium } as const;
