/** Reconstructs the head of a request that has already been parsed, as it would be on the wire. */
import type { Bytes } from "../core/bytes.ts";
import { formatHead } from "../handshake/headWriter.ts";
import { asHttp1, type ParsedRequest } from "../handshake/serverHandshake.ts";

export function headOf(request: ParsedRequest): Bytes {
  const { method, target, headers } = asHttp1(request);
  return formatHead(`${method} ${target} HTTP/1.1`, headers);
}
