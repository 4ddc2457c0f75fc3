"""A peer made of the websockets package, as client or server. Told what to do, and tells what happens, in lines of JSON."""

import asyncio
import base64
import itertools
import json
import sys

import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, ServerPerMessageDeflateFactory

OPTIONS = {"compression": None, "max_size": None, "ping_interval": None}


def extensions():
    """What the last argument wants of permessage-deflate."""
    wanted = json.loads(sys.argv[2])
    if wanted is None:
        return None
    client = sys.argv[1] == "client"
    bits = wanted.get("clientMaxWindowBits", True if client else None)
    if not client and bits is True:
        bits = None
    options = {
        "server_no_context_takeover": wanted.get("serverNoContextTakeover", False),
        "client_no_context_takeover": wanted.get("clientNoContextTakeover", False),
        "server_max_window_bits": wanted.get("serverMaxWindowBits"),
        "client_max_window_bits": bits if bits is not False else None,
    }
    return [ClientPerMessageDeflateFactory(**options) if client else ServerPerMessageDeflateFactory(**options)]


def tell(**event):
    print(json.dumps(event), flush=True)


async def obey(ws, number, commands):
    pieces = []
    # Its close() swallows a cancellation.
    while ws.open:
        command = await commands.get()
        do = command["do"]
        if command["number"] != number:
            continue  # came too late for the connection that it was meant for
        if do in ("text", "bytes"):
            pieces.append(command["text"] if do == "text" else base64.b64decode(command["base64"]))
            if command["finished"]:
                # A list is sent as fragments.
                await ws.send(pieces if len(pieces) > 1 else pieces[0])
                pieces = []
        elif do == "ping":
            payload = base64.b64decode(command["base64"])
            await (await ws.ping(payload))
            tell(event="pong", base64=command["base64"])
        elif do == "close":
            if command["code"] is None:
                # Its close() always sends a code.
                raise ValueError("close without a code")
            await ws.close(command["code"], command["reason"])
        elif do == "drop":
            ws.transport.abort()
        else:
            raise ValueError(do)


async def run(ws, number, headers, commands):
    """Until the connection is closed."""
    tell(event="open", number=number, subprotocol=ws.subprotocol, headers=headers)
    obeying = asyncio.create_task(obey(ws, number, commands))
    try:
        async for message in ws:
            if isinstance(message, str):
                tell(event="text", text=message)
            else:
                tell(event="bytes", base64=base64.b64encode(message).decode())
    except websockets.ConnectionClosedError:
        pass
    await ws.wait_closed()
    obeying.cancel()
    tell(event="closed", code=ws.close_code, reason=ws.close_reason)


async def client(commands):
    while True:
        command = await commands.get()
        if command["do"] != "open":
            continue
        headers = command["headers"]
        origin = headers.pop("Origin", None)
        url = "ws://%s:%d/" % (command["host"], command["port"])
        subprotocols = command["subprotocols"] or None
        async with websockets.connect(
            url, subprotocols=subprotocols, extra_headers=headers, origin=origin, extensions=extensions(), **OPTIONS
        ) as ws:
            await run(ws, command["number"], {}, commands)


async def server(commands):
    numbers = itertools.count(1)

    async def serve(ws):
        await run(ws, next(numbers), dict(ws.request_headers.raw_items()), commands)

    options = {"subprotocols": ["chat"], "extensions": extensions(), **OPTIONS}
    async with websockets.serve(serve, "127.0.0.1", 0, **options) as listener:
        tell(event="listening", port=listener.sockets[0].getsockname()[1])
        await asyncio.Future()


async def read_commands(commands):
    reader = asyncio.StreamReader(limit=1 << 24)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async for line in reader:
        commands.put_nowait(json.loads(line))


async def main():
    commands = asyncio.Queue()
    role = client(commands) if sys.argv[1] == "client" else server(commands)
    tasks = [asyncio.create_task(read_commands(commands)), asyncio.create_task(role)]
    # Ends when the standard input does, or with the error of either.
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


asyncio.run(main())
