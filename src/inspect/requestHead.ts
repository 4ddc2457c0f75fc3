/** A request that somebody else has parsed → its head, as it would have stood on the wire. */
import type { Bytes } from "../core/bytes.ts";
import { entriesOf } from "../handshake/headReader.ts";
import { formatHead } from "../handshake/headWriter.ts";
import type { ParsedRequest } from "../handshake/serverHandshake.ts";

export function headOf({ method, target, headers }: ParsedRequest): Bytes {
  return formatHead(`${method} ${target} HTTP/1.1`, entriesOf(headers));
}
