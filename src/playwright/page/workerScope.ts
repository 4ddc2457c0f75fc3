/** In a worker that loads this library: takes its link before the application sees any message. */
import { readTag } from "../workerTag.ts";
import { portUpstream, type Hub } from "./hub.ts";
import { HELLO } from "./workers.ts";

export function linkWorker(hub: Hub): void {
  hideTag();
  const scope = globalThis as unknown as EventTarget & { close(): void };
  if ("SharedWorkerGlobalScope" in globalThis) {
    linkSharedWorker(scope, hub);
    return;
  }
  const take = (event: Event): void => {
    const { data, ports } = event as MessageEvent<unknown>;
    if (data !== HELLO) return;
    event.stopImmediatePropagation();
    scope.removeEventListener("message", take);
    const upstream = portUpstream(ports[0]!, hub);
    hub.connect(upstream);
    const { close } = scope;
    scope.close = () => {
      upstream.send(["", "gone"], []);
      close.call(scope);
    };
  };
  scope.addEventListener("message", take);
}

function linkSharedWorker(scope: EventTarget, hub: Hub): void {
  scope.addEventListener("connect", (event) => {
    if (!event.isTrusted) return;
    event.stopImmediatePropagation();
    const [native] = (event as MessageEvent).ports;
    native!.onmessage = ({ data, ports: [link, application] }) => {
      if (data !== HELLO) return;
      hub.connect(portUpstream(link!, hub));
      scope.dispatchEvent(new MessageEvent("connect", { data: "", source: application!, ports: [application!] }));
    };
  });
}

/** Shows the application the address that it requested. `import.meta.url` can't be changed. */
function hideTag(): void {
  const tagged = readTag(location.href);
  if (tagged === undefined) return;
  const { href, origin, protocol, host, hostname, port, pathname, search, hash } = new URL(tagged.url);
  const shown = { href, origin, protocol, host, hostname, port, pathname, search, hash, toString: () => href };
  Object.defineProperty(globalThis, "location", { value: shown, configurable: true, enumerable: true });
}
