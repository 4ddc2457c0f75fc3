/**
 * Where ws and this library may differ on the same bytes, each with the RFC section that allows it. Otherwise they
 * agree.
 */
import type { Verdict } from "./verdict.ts";

export interface Bounds {
  /** Our verdict, had the header that the bytes end in come whole. */
  readonly completed: () => Verdict;
  /** Whether the bytes end inside a frame. */
  readonly endsInFrame: boolean;
  /** Whether an extension may decode what messages consist of. */
  readonly decodes: boolean;
  /** Whether they have a compressed message with no payload in any of its frames. */
  readonly emptyCompressed: boolean;
  /** Whether a final block of DEFLATE is among them, or may be. */
  readonly finalBlock: boolean;
}

export interface Difference {
  readonly name: string;
  readonly clause: string;
  /** Whether it explains these two. */
  readonly explains: (ours: Verdict, theirs: Verdict, bounds: Bounds) => boolean;
}

/** Both report what came before the error. */
const beginsAlike = (ours: Verdict, theirs: Verdict): boolean => ours.told.every((each, i) => theirs.told[i] === each);

const tellsAlike = (ours: Verdict, theirs: Verdict): boolean =>
  beginsAlike(ours, theirs) && ours.told.length === theirs.told.length;

export const differences: readonly Difference[] = [
  {
    name: "a length that is not encoded in the fewest bytes is refused; ws reads it",
    clause: 'RFC 6455 §5.2: "the minimal number of bytes MUST be used to encode the length"',
    explains: (ours, theirs) => ours.fault === "lengthNotMinimal" && beginsAlike(ours, theirs),
  },
  {
    name: "a length whose top bit is set is a fault of the protocol, 1002; to ws it is too large, 1009",
    clause: 'RFC 6455 §5.2: "the most significant bit MUST be 0"',
    explains: (ours, theirs) =>
      ours.fault === "lengthTooLarge" && theirs.end === "fault 1009" && tellsAlike(ours, theirs),
  },
  {
    name: "text is refused at the first byte that is wrong; ws looks when the message is whole",
    clause: 'RFC 6455 §8.1: "MUST _Fail the WebSocket Connection_", also Autobahn 6.4',
    explains: (ours, theirs) => ours.fault === "invalidUtf8" && beginsAlike(ours, theirs),
  },
  {
    name: "a frame that is too large and out of place is refused for its size, 1009; ws refuses it for its place, 1002",
    clause: "RFC 6455 §7.1.7, §10.4: either fails the connection, and none comes first",
    explains: (ours, theirs) =>
      (ours.fault === "frameTooLarge" || ours.fault === "lengthTooLarge") &&
      theirs.end === "fault 1002" &&
      tellsAlike(ours, theirs),
  },
  {
    name: "a frame's place and size are looked at when its header is whole; ws looks before the length, or before the key",
    clause: "RFC 6455 §5.2: nothing says when, and a header is at most 14 bytes",
    explains: (ours, theirs, { completed }) =>
      ours.end === "open" && tellsAlike(ours, theirs) && completed().end.startsWith("fault"),
  },
  {
    name: "compressed data is refused at the first bits that are wrong, or too much; ws waits for the frame",
    clause: "RFC 7692 §6.2: nothing says when",
    explains: (ours, theirs, { endsInFrame }) =>
      (ours.fault === "compressedDataInvalid" || ours.fault === "messageTooLarge") &&
      theirs.end === "open" &&
      endsInFrame &&
      tellsAlike(ours, theirs),
  },
  {
    name: "where an extension decodes messages their size is counted as it comes; ws counts what headers announce, too",
    clause: "RFC 6455 §10.4: nothing says when, and what an extension makes of a frame no header tells",
    explains: (ours, theirs, { decodes, endsInFrame }) =>
      decodes && endsInFrame && ours.end === "open" && theirs.end === "fault 1009" && tellsAlike(ours, theirs),
  },
  {
    name: "a compressed message that ends within a block is refused; ws delivers what it inflates to",
    clause: "RFC 7692 §7.2.1: it ends in an empty block, whose last four bytes are taken away",
    explains: (ours, theirs) => ours.fault === "compressedDataInvalid" && beginsAlike(ours, theirs),
  },
  {
    name: "a message that goes beyond the limit before its data go wrong is too large; ws tells what is wrong",
    clause: "RFC 6455 §10.4: what is beyond the limit need not be looked at",
    explains: (ours, theirs) =>
      ours.fault === "messageTooLarge" && theirs.end === "fault 1007" && tellsAlike(ours, theirs),
  },
  {
    name: "a compressed message of no bytes at all is an empty message; ws leaves its inflater within a block",
    clause: "RFC 7692 §7.2.3.6: it should have had one byte, but there is no doubt of what is meant",
    explains: (_, __, { emptyCompressed }) => emptyCompressed,
  },
  {
    name: "data after a final block is inflated; ws drops it up to the end of the message",
    clause: "RFC 7692 §7.2.3.4, §7.2.3.5: more blocks may follow",
    explains: (_, __, { finalBlock }) => finalBlock,
  },
];

/** The difference that explains the two verdicts: `undefined` if they are the same. Throws if none does. */
export function compare(ours: Verdict, theirs: Verdict, bounds: Bounds): Difference | undefined {
  if (ours.end === theirs.end && tellsAlike(ours, theirs)) return undefined;
  const found = differences.find(({ explains }) => explains(ours, theirs, bounds));
  if (found !== undefined) return found;
  const alike = ours.told.findIndex((each, i) => theirs.told[i] !== each);
  const rest = ({ told, end, fault }: Verdict): string =>
    [...told.slice(alike < 0 ? ours.told.length : alike), end, fault ?? ""]
      .map((each) => each.slice(0, 200))
      .join(", ");
  throw new Error(`not the verdict of ws, after ${alike} alike\nours: ${rest(ours)}\nws:   ${rest(theirs)}`);
}
