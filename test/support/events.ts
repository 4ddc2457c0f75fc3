/** Short helpers for expected events. */
import type { Bytes } from "./wire.ts";

export const text = (data: string, more: object = {}): object => ({
  type: "textReceived",
  data,
  frameFinished: true,
  messageFinished: true,
  ...more,
});

export const binary = (data: Bytes, more: object = {}): object => ({
  type: "bytesReceived",
  data,
  frameFinished: true,
  messageFinished: true,
  ...more,
});

/** For a frame that is not the last of its message. */
export const more = { messageFinished: false };

export const ping = (payload: Bytes): object => ({ type: "pingReceived", payload });
export const pong = (payload: Bytes): object => ({ type: "pongReceived", payload });
