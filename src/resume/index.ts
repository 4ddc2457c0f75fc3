/**
 * Byte transports that outlive their carriers, and a race between several dials.
 *
 * @module websocket-over/resume
 */
export { race, type RaceOptions } from "./race.ts";
export { ResumeError, type ResumeErrorCode } from "./resumeError.ts";
export { resumable } from "./resumable.ts";
export { resumed, type ResumedOptions } from "./resumed.ts";
export type { ResumeOptions } from "./options.ts";
export type { ResumeState } from "./sessionMachine.ts";
export type { DialCarrier, ResumableTransport } from "./sessionTransport.ts";
export type { ByteTransport } from "../transports/byteTransport.ts";
export type { Clock } from "../stream/clock.ts";
