/** Does nothing. For rejections that are reported elsewhere. */
export function ignore(): void {}
