"""An echo server for hypercorn, whose WebSockets come over HTTP/2 (RFC 8441). Refuses /no with 401 and a body."""


async def app(scope, receive, send):
    if scope["type"] != "websocket":
        return
    assert (await receive())["type"] == "websocket.connect"
    if scope["path"] == "/no":
        headers = [(b"www-authenticate", b"Basic"), (b"content-length", b"6")]
        await send({"type": "websocket.http.response.start", "status": 401, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": b"log in"})
        return
    subprotocol = "chat" if "chat" in scope["subprotocols"] else None
    await send({"type": "websocket.accept", "subprotocol": subprotocol})
    query = scope["query_string"].decode()
    cookie = dict(scope["headers"]).get(b"cookie", b"").decode()
    await send({"type": "websocket.send", "text": f"{scope['http_version']} {scope['path']}?{query} {cookie}"})
    while True:
        event = await receive()
        if event["type"] != "websocket.receive":
            return
        if event.get("text") == "close":
            await send({"type": "websocket.close", "code": 4001})
            return
        if event.get("bytes") is not None:
            await send({"type": "websocket.send", "bytes": event["bytes"]})
        else:
            await send({"type": "websocket.send", "text": event["text"]})
