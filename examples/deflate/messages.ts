/** What compression does to short messages that resemble each other. */
import { WSConnection } from "websocket-over";
import { permessageDeflate } from "websocket-over/deflate";

const extensions = [permessageDeflate({ threshold: 16 })]; // one object serves any number of connections
const client = new WSConnection("client", { host: "example.com", resource: "/", extensions });
const server = new WSConnection("server", { extensions });

server.receiveBytes(client.bytesToSend());
for (const event of server.events()) if (event.type === "connectionRequested") server.accept(event);
client.receiveBytes(server.bytesToSend());
for (const event of client.events()) if (event.type === "connectionEstablished") console.log(event.extensions[0]?.name);

const price = (n: number): string => JSON.stringify({ type: "price", symbol: "ACME", price: n });
function send(text: string, options = {}): void {
  server.sendData(text, true, options);
  console.log(`${text.length} characters in ${server.bufferedAmount} bytes`);
  client.receiveBytes(server.bytesToSend());
  for (const event of client.events()) if (event.type === "textReceived" && event.data !== text) throw new Error();
}
send(price(1));
send(price(2)); // the window still has the first one
send(price(3), { compress: false }); // the switch, for one message
send("short"); // below the threshold
