/** Which IP addresses are on the public internet (RFC 6890), and which an operator has named. */

/** The blocks that are not public, for IPv4 (RFC 6890), and addresses of clouds that answer only their own machines. */
const NOT_PUBLIC_V4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "168.63.129.16/32",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
];

/** Outside of this block IPv6 has no public unicast addresses (RFC 4291 §2.4). */
const PUBLIC_V6 = "2000::/3";
const NOT_PUBLIC_V6 = ["2001::/23", "2001:db8::/32", "3fff::/20"];

/** IPv6 addresses that lead to an IPv4 address, and the byte where that starts (RFC 6052, RFC 3056). */
const EMBEDDING: readonly [block: string, at: number][] = [
  ["64:ff9b::/96", 12],
  ["2002::/16", 2],
];

/** The addresses that share a number of leading bits with one. */
interface Block {
  readonly bytes: readonly number[];
  readonly bits: number;
}

/** A set of blocks, from addresses such as `127.0.0.1` and blocks such as `10.0.0.0/8` or `fd00::/8`. */
export class AddressSet {
  readonly #blocks: readonly Block[];

  /** Throws `TypeError` for anything that is neither an address nor a block. */
  constructor(blocks: readonly string[]) {
    this.#blocks = blocks.map((block) => {
      const parsed = parseBlock(block);
      if (parsed === undefined) {
        throw new TypeError("privateAddresses holds IP addresses and blocks, such as 10.0.0.0/8; one is neither");
      }
      return parsed;
    });
  }

  has(address: string): boolean {
    const bytes = parseAddress(address);
    return bytes !== undefined && this.#blocks.some((block) => contains(block, bytes));
  }
}

const notPublicV4 = new AddressSet(NOT_PUBLIC_V4);
const notPublicV6 = new AddressSet(NOT_PUBLIC_V6);
const publicV6 = new AddressSet([PUBLIC_V6]);
const embedding = EMBEDDING.map(([block, at]) => ({ set: new AddressSet([block]), at }));

/** Whether an IP address is one of the public internet. Anything that is not an IP address is not. */
export function isPublicAddress(address: string): boolean {
  const bytes = parseAddress(address);
  if (bytes === undefined) return false;
  if (bytes.length === 4) return !notPublicV4.has(address);
  const found = embedding.find(({ set }) => set.has(address));
  if (found !== undefined) return isPublicAddress(bytes.slice(found.at, found.at + 4).join("."));
  return publicV6.has(address) && !notPublicV6.has(address);
}

/** Whether a host of a URL is an IP address. IPv6 is in brackets there. */
export function addressOf(host: string): string | undefined {
  const address = host.replace(/^\[(.*)\]$/, "$1");
  return parseAddress(address) === undefined ? undefined : address;
}

function contains({ bytes, bits }: Block, address: readonly number[]): boolean {
  if (bytes.length !== address.length) return false;
  return bytes.every((byte, i) => {
    const mask = 0xff00 >> Math.min(Math.max(bits - 8 * i, 0), 8);
    return ((byte ^ address[i]!) & mask & 0xff) === 0;
  });
}

function parseBlock(block: string): Block | undefined {
  const [address = "", bits, ...rest] = block.split("/");
  const bytes = parseAddress(address);
  if (bytes === undefined || rest.length > 0) return undefined;
  const most = bytes.length * 8;
  if (bits === undefined) return { bytes, bits: most };
  return /^\d{1,3}$/.test(bits) && Number(bits) <= most ? { bytes, bits: Number(bits) } : undefined;
}

/**
 * Returns the bytes of an address: 4, or 16 for IPv6. An IPv6 address that only maps an IPv4 one counts as that one,
 * because both lead to the same place.
 */
function parseAddress(address: string): readonly number[] | undefined {
  const v4 = parseV4(address);
  if (v4 !== undefined) return v4;
  if (!address.includes(":")) return undefined;
  const [withoutZone = ""] = address.split("%");
  let canonical: string;
  try {
    canonical = new URL(`http://[${withoutZone}]/`).hostname.slice(1, -1);
  } catch {
    return undefined;
  }
  const [head = "", tail] = canonical.split("::");
  const groups = (part: string): number[] => (part === "" ? [] : part.split(":").map((group) => parseInt(group, 16)));
  const before = groups(head);
  const after = groups(tail ?? "");
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  const bytes = [...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff]);
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  return isMapped ? bytes.slice(12) : bytes;
}

function parseV4(address: string): readonly number[] | undefined {
  const parts = address.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return undefined;
  return parts.map(Number);
}
