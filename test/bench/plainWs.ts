/** Measures `ws` without its native helper, which some package may have installed: import this before `ws`. */
process.env.WS_NO_BUFFER_UTIL = "1";
export {};
