"""A peer made of wsproto and a socket, as client or server. Told what to do, and tells what happens, in lines of JSON."""

import base64
import itertools
import json
import os
import selectors
import socket
import sys

from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.extensions import PerMessageDeflate
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Ping,
    Pong,
    RejectConnection,
    Request,
    TextMessage,
)


def tell(**event):
    print(json.dumps(event), flush=True)


def extensions():
    """What the last argument wants of permessage-deflate: made anew, since it keeps what a connection agrees on."""
    wanted = json.loads(sys.argv[2])
    if wanted is None:
        return []
    bits = wanted.get("clientMaxWindowBits")
    return [
        PerMessageDeflate(
            server_no_context_takeover=wanted.get("serverNoContextTakeover", False),
            client_no_context_takeover=wanted.get("clientNoContextTakeover", False),
            server_max_window_bits=wanted.get("serverMaxWindowBits"),
            client_max_window_bits=bits if type(bits) is int else None,
        )
    ]


class Commands:
    """Lines of JSON from the standard input, by the file descriptor, so that it can be waited for beside a socket."""

    def __init__(self):
        self.rest = b""

    def read(self):
        data = os.read(0, 1 << 20)
        if data == b"":
            sys.exit()
        *lines, self.rest = (self.rest + data).split(b"\n")
        return [json.loads(line) for line in lines]


class Peer:
    def __init__(self, sock, ws, number):
        self.sock = sock
        self.ws = ws
        self.number = number
        self.message = []

    def run(self, commands):
        """Until the stream has ended."""
        with selectors.DefaultSelector() as selector:
            selector.register(0, selectors.EVENT_READ)
            selector.register(self.sock, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fd == 0:
                        for command in commands.read():
                            self.obey(command)
                    elif not self.receive():
                        self.sock.close()
                        return

    def send(self, event):
        self.sock.sendall(self.ws.send(event))

    def obey(self, command):
        do = command["do"]
        if command["number"] != self.number or self.ws.state is not ConnectionState.OPEN:
            return  # came too late
        if do == "text":
            self.send(TextMessage(data=command["text"], message_finished=command["finished"]))
        elif do == "bytes":
            self.send(BytesMessage(data=base64.b64decode(command["base64"]), message_finished=command["finished"]))
        elif do == "ping":
            self.send(Ping(payload=base64.b64decode(command["base64"])))
        elif do == "close":
            self.send(CloseConnection(code=command["code"], reason=command["reason"]))
        elif do == "drop":
            self.sock.shutdown(socket.SHUT_RDWR)
        else:
            raise ValueError(do)

    def receive(self):
        try:
            data = self.sock.recv(1 << 16)
        except ConnectionError:
            data = b""
        if self.ws.state is not ConnectionState.CLOSED:
            self.ws.receive_data(data or None)
            for event in self.ws.events():
                self.handle(event)
        return data != b""

    def handle(self, event):
        if isinstance(event, Request):
            chosen = "chat" if "chat" in event.subprotocols else None
            self.send(AcceptConnection(subprotocol=chosen, extensions=extensions()))
            headers = {name.decode(): value.decode() for name, value in event.extra_headers}
            tell(event="open", number=self.number, subprotocol=chosen, headers=headers)
        elif isinstance(event, AcceptConnection):
            tell(event="open", number=self.number, subprotocol=event.subprotocol, headers={})
        elif isinstance(event, RejectConnection):
            tell(event="rejected", status=event.status_code)
        elif isinstance(event, (TextMessage, BytesMessage)):
            self.message.append(event.data)
            if event.message_finished:
                data = type(event.data)().join(self.message)
                self.message = []
                if isinstance(data, str):
                    tell(event="text", text=data)
                else:
                    tell(event="bytes", base64=base64.b64encode(data).decode())
        elif isinstance(event, Ping):
            self.send(event.response())
            tell(event="ping", base64=base64.b64encode(event.payload).decode())
        elif isinstance(event, Pong):
            tell(event="pong", base64=base64.b64encode(event.payload).decode())
        elif isinstance(event, CloseConnection):
            if self.ws.state is ConnectionState.REMOTE_CLOSING:
                self.send(event.response())
            tell(event="closed", code=event.code, reason=event.reason or "")
            if not self.ws.client:
                self.sock.shutdown(socket.SHUT_WR)
        else:
            raise ValueError(event)


def client(command, commands):
    address = (command["host"], command["port"])
    peer = Peer(socket.create_connection(address), WSConnection(ConnectionType.CLIENT), command["number"])
    headers = [(name.encode(), value.encode()) for name, value in command["headers"].items()]
    host = "%s:%d" % address
    request = {"subprotocols": command["subprotocols"], "extra_headers": headers, "extensions": extensions()}
    peer.send(Request(host=host, target="/", **request))
    peer.run(commands)


def main():
    commands = Commands()
    if sys.argv[1] == "client":
        while True:
            for command in commands.read():
                if command["do"] == "open":
                    client(command, commands)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        tell(event="listening", port=listener.getsockname()[1])
        for number in itertools.count(1):
            sock, _ = listener.accept()
            Peer(sock, WSConnection(ConnectionType.SERVER), number).run(commands)


main()
