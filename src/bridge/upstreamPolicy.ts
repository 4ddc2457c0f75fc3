/** Which upstreams a gateway may reach. A gateway that reaches every address is an open relay into its own network. */
import { refuse } from "../core/options.ts";
import { parseWebSocketURL } from "../stream/webSocketURL.ts";
import { addressOf, AddressSet, isPublicAddress } from "./addresses.ts";

const LOOPBACK = ["127.0.0.1", "::1"];

export class UpstreamPolicy {
  /** The origins in the operator's options, each with the addresses that its host contains literally. */
  readonly #named = new Map<string, AddressSet>();
  readonly #isClosed: boolean;
  readonly #private: AddressSet;

  /**
   * `fixed` is the only upstream, if there is only one. `allow` names the only origins that may be reached. Throws
   * `TypeError` or a `SyntaxError` (a `DOMException`) if one is invalid.
   */
  constructor(
    fixed: URL | undefined,
    allow: readonly (string | URL)[] | undefined,
    privateAddresses: readonly string[] = [],
  ) {
    if (allow !== undefined && !Array.isArray(allow)) refuse("gateway(): allow must be a list of origins", allow);
    if (!Array.isArray(privateAddresses)) {
      refuse("gateway(): privateAddresses must be a list of addresses", privateAddresses);
    }
    const origins = allow?.map((given: string | URL) => {
      const url = parseWebSocketURL(given);
      if (url.pathname !== "/" || url.search !== "" || url.username !== "" || url.password !== "") {
        throw new TypeError("gateway(): allow holds origins, such as wss://chat.example; leave out all but the host");
      }
      return url;
    });
    for (const url of [...(origins ?? []), ...(fixed === undefined ? [] : [fixed])]) {
      this.#named.set(url.origin, new AddressSet(addressesIn(url)));
    }
    this.#isClosed = allow !== undefined;
    this.#private = new AddressSet(privateAddresses);
  }

  /** Why an upstream may not be reached, as far as its URL tells; `undefined` if it may. */
  refusalOf(url: URL): string | undefined {
    if (this.#isClosed && !this.#named.has(url.origin)) return `${url.host} is not in allow`;
    const addresses = addressesIn(url);
    const isRefused = addresses.length > 0 && !addresses.some((address) => this.allows(url, address));
    return isRefused ? this.refusalOfAddress(url, addresses[0]) : undefined;
  }

  /** Whether an upstream may be reached at an address, which is `undefined` if it is unknown. */
  allows(url: URL, address: string | undefined): boolean {
    const own = this.#named.get(url.origin);
    if (address === undefined) return own !== undefined;
    return isPublicAddress(address) || this.#private.has(address) || own?.has(address) === true;
  }

  /** Says why an address is not allowed. */
  refusalOfAddress({ host, hostname }: URL, address: string | undefined): string {
    if (address === undefined) return `it is unknown which address ${host} leads to: name it in allow`;
    const place = addressOf(hostname) === undefined ? `${host} leads to ${address}, which` : host;
    return `${place} is not a public address: name it in privateAddresses`;
  }
}

/** The addresses that a URL contains literally: one, those of `localhost`, or none. */
function addressesIn({ hostname }: URL): readonly string[] {
  if (/(^|\.)localhost\.?$/.test(hostname)) return LOOPBACK;
  const address = addressOf(hostname);
  return address === undefined ? [] : [address];
}
