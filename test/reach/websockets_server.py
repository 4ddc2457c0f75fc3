"""An unmodified server of websockets: echoes, and tells of each end. The same as wsServer.ts."""

import asyncio
import http

import websockets


async def refuse(path, headers):
    if path == "/401":
        return http.HTTPStatus.UNAUTHORIZED, [("WWW-Authenticate", "Bearer")], b"no token\n"


async def echo(ws, path=None):
    try:
        async for message in ws:
            if isinstance(message, str) and message.startswith("close "):
                _, code, reason = message.split(" ", 2)
                await ws.close(int(code), reason)
            elif message == "cookie":
                await ws.send(ws.request_headers.get("Cookie", ""))
            else:
                await ws.send(message)
    except websockets.ConnectionClosed:
        pass
    await ws.wait_closed()
    print("closed", ws.close_code, ws.close_reason, flush=True)


async def main():
    options = {"max_size": None, "compression": None, "ping_interval": None, "subprotocols": ["chat"]}
    headers = {"Set-Cookie": "seen=1"}
    server = await websockets.serve(echo, "127.0.0.1", 0, process_request=refuse, extra_headers=headers, **options)
    print(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/", flush=True)
    await asyncio.Future()


asyncio.run(main())
