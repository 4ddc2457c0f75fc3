/** A desktop in a page: noVNC over WebRTC, to any VNC server behind `websocket-over bridge`. */
import RFB from "@novnc/novnc";
import { webRTCDial } from "websocket-over/webrtc";
import { ByteChannel } from "./byteChannel.ts";

const status = document.querySelector("output")!;
const endpoint = new URLSearchParams(location.search).get("endpoint") ?? "http://127.0.0.1:9000/rtc";
const rfb = new RFB(document.querySelector("main")!, new ByteChannel(webRTCDial(endpoint)()), { shared: true });
rfb.scaleViewport = true;
rfb.addEventListener("desktopname", (event) => {
  status.value = `connected to ${(event as CustomEvent<{ name: string }>).detail.name}`;
});
rfb.addEventListener("disconnect", (event) => {
  status.value = (event as CustomEvent<{ clean: boolean }>).detail.clean ? "closed" : "the connection was lost";
});
rfb.addEventListener("credentialsrequired", () => {
  rfb.sendCredentials({ password: prompt("The password of the VNC server") ?? "" });
});
