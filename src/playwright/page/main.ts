/** The script in every page, frame and worker of a test. Runs once in each; running it again updates the servers. */
import { withBuffers, withViews } from "../portData.ts";
import { BINDING, SCOPE_KEY, type LinkMessage, type PageConfig, type PageSide } from "../protocol.ts";
import { Hub, randomId } from "./hub.ts";
import { installWebSocket } from "./webSocket.ts";
import { linkWorker } from "./workerScope.ts";
import { installWorkers } from "./workers.ts";

/** The function around this script, and its argument: see `pageScript.ts`. */
declare const pageScript: () => void;
declare const config: PageConfig;

type Binding = (documentId: string, message: LinkMessage) => Promise<void>;

const key = Symbol.for(SCOPE_KEY);
const scope = globalThis as unknown as Record<symbol, PageSide | undefined> & Record<string, Binding>;

if (scope[key] !== undefined) scope[key].setServers(config.servers);
else if (typeof WebSocket === "function") start();

function start(): void {
  const hub = new Hub(config.servers);
  const documentId = randomId();
  const page: PageSide = Object.freeze<PageSide>({
    documentId,
    deliver: (messages) => {
      for (const message of messages) hub.deliver(converted(message, withBuffers));
    },
    setServers: (servers) => hub.setServers(servers),
  });
  Object.defineProperty(scope, key, { value: page });
  if ("document" in globalThis) {
    hub.connect({
      send(message) {
        // Fails only once nobody listens: the test is over, or the page is being left.
        scope[BINDING]!(documentId, converted(message, withViews)).catch(() => hub.deliver([message[0], "gone"]));
      },
    });
  } else {
    linkWorker(hub);
  }
  installWebSocket(hub);
  installWorkers(hub, config, pageScript.toString());
}

/** Converts the data of a message with `convert`. Leaves other messages unchanged. */
function converted(message: LinkMessage, convert: (data: unknown) => unknown): LinkMessage {
  const [id, type, data] = message;
  return type === "data" ? [id, type, convert(data)] : message;
}
