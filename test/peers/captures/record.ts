/** Records what real clients and a server of ws send each other, by tshark on the loopback: `node test/peers/captures/record.ts`. */
import { chromium, firefox } from "playwright";
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket, WebSocketServer } from "ws";
import { findChromium } from "../../support/chromium.ts";
import { findFirefox } from "../../support/firefox.ts";
import { findTshark } from "../tshark.ts";
import { MESSAGES, talk } from "./conversation.ts";

const PYTHON = `
import asyncio, sys, websockets
async def main():
    async with websockets.connect(sys.argv[1]) as socket:
        for message in sys.argv[2:] + [bytes(range(256))]:
            await socket.send(message)
            await socket.recv()
        await (await socket.ping(b"are you there?"))
asyncio.run(main())
`;

const clients: Readonly<Record<string, (url: string) => Promise<void>>> = {
  async ws(url) {
    Object.assign(globalThis, { WebSocket }); // in place of the platform's
    await talk({ url, messages: MESSAGES });
  },
  async python(url) {
    const program = spawn("/usr/bin/python3", ["-c", PYTHON, url, ...MESSAGES], { stdio: "inherit" });
    await once(program, "exit");
  },
  async chromium(url) {
    const browser = await chromium.launch({ executablePath: findChromium()! });
    await (await browser.newPage()).evaluate(talk, { url, messages: MESSAGES });
    await browser.close();
  },
  async firefox(url) {
    const browser = await firefox.launch({ channel: "moz-firefox", executablePath: findFirefox()! });
    await (await browser.newPage()).evaluate(talk, { url, messages: MESSAGES });
    await browser.close();
  },
};

for (const [name, client] of Object.entries(clients)) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: { threshold: 200 } });
  server.on("connection", (socket) => {
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
    socket.ping("from ws");
  });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const file = join(import.meta.dirname, `${name}.${port}.pcap`);
  const tshark = spawn(findTshark()!, ["-i", "lo", "-f", `tcp port ${port}`, "-F", "pcap", "-w", file]);
  const capturing = new Promise((resolve) => {
    tshark.stderr.on("data", (text: Buffer) => /Capturing on|Capture started/.test(text.toString()) && resolve(text));
  });
  await capturing;
  await sleep(2000); // it says so a little too early
  await client(`ws://127.0.0.1:${port}/chat`);
  await sleep(2000);
  tshark.kill("SIGINT");
  await once(tshark, "exit");
  server.close();
  console.log(file);
}
