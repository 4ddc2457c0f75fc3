/** `ws` is measured without its native helper, which some package may have brought: import this before `ws`. */
process.env.WS_NO_BUFFER_UTIL = "1";
export {};
