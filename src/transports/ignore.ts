/** Does nothing with what it is given: for rejections that are reported elsewhere. */
export function ignore(): void {}
