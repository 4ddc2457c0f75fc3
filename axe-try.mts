import { createServer } from "node:http";
import { readFileSync, existsSync } from "node:fs";
import { extname, join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright";
import { findChromium } from "./test/support/chromium.ts";
const root="/tmp/docs-site2"; const types:Record<string,string>={".html":"text/html",".js":"text/javascript",".css":"text/css",".svg":"image/svg+xml",".jpg":"image/jpeg"};
const server=createServer((q,r)=>{const f=join(root,decodeURIComponent(new URL(q.url!,"http://x").pathname)); if(!existsSync(f)){r.statusCode=404;r.end();return;} r.setHeader("Content-Type",types[extname(f)]??"text/plain"); r.end(readFileSync(f));}).listen(0,"127.0.0.1");
await new Promise(d=>server.once("listening",d)); const port=(server.address() as any).port;
const browser=await chromium.launch({executablePath:findChromium()!});
for(const scheme of ["light","dark"] as const) for(const width of [1280]) {
 const c=await browser.newContext({colorScheme:scheme,viewport:{width,height:800}}); const page=await c.newPage();
 for(const p of ["index.html","documents/Something_does_not_work.html","modules/websocket-over_stream.html","functions/websocket-over_stream.connect.html","classes/websocket-over_stream.WebSocketSession.html"]) {
  if(!existsSync(join(root,p))){console.log("no",p);continue;}
  await page.goto(`http://127.0.0.1:${port}/${p}`,{timeout:120000});
  const {violations}=await new AxeBuilder({page}).analyze();
  console.log(scheme,p,violations.map(v=>`${v.id}(${v.impact}) ${v.nodes.length}: ${v.nodes.slice(0,2).map(n=>n.html.slice(0,140)+" | "+(n.any[0]?.message??n.all[0]?.message??"").slice(0,160)).join(" ;; ")}`).join("\n   "));
 }
 if(scheme==="light"){ await page.goto(`http://127.0.0.1:${port}/index.html`); await page.screenshot({path:"/tmp/site-light.png"}); await page.setViewportSize({width:390,height:800}); await page.screenshot({path:"/tmp/site-phone.png"}); console.log("overflow",await page.evaluate(()=>document.documentElement.scrollWidth)); }
 await c.close();
}
await browser.close(); server.close();
