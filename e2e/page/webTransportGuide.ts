/** A page with the client of the guide to WebTransport. */
import { connector, type Addresses } from "../../examples/webtransport/client.ts";

/** What a test says: options cannot be passed to a page as they are. */
export interface GuideAddresses extends Omit<Addresses, "options"> {
  readonly hash: number[];
}

export class WebTransportGuidePage {
  #connect: ReturnType<typeof connector> | undefined;

  use({ hash, ...addresses }: GuideAddresses): void {
    const options = { serverCertificateHashes: [{ algorithm: "sha-256", value: Uint8Array.from(hash) }] };
    this.#connect = connector({ ...addresses, options });
  }

  async ask(path: string, message: string): Promise<unknown> {
    const session = await this.#connect!(`ws://server${path}`);
    await session.send(message);
    const answer = await session.receive();
    await session.close();
    return answer;
  }
}

declare global {
  var webTransportGuidePage: WebTransportGuidePage;
}
globalThis.webTransportGuidePage = new WebTransportGuidePage();
