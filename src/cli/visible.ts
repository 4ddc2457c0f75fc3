/** Text of others as it may be shown. */

/** Without control characters, which could rewrite the terminal. */
export function visible(text: string): string {
  return text.replace(
    /(?![\t\n])\p{Cc}/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
