/** See `pageScript.mjs`. */
export function bundlePageScript(folder?: string): Promise<void>;
