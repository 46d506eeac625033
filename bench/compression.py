#!/usr/bin/env python3
"""What compressed messages of WebSockets save and cost: chat, to clients that take them, beside the same without.

    compression.py [--clients N] [--bursts N,N] [--repetitions N] [--json]

A burst is so many messages that are said at once. For each size of burst: the bytes that reach one client for each message, and the
node's CPU time for each delivery, with `--web-compression` and without, in turns. Prints the medians, and of the ratios those within
one repetition. The words are those of Coppice's own documents, and the same ones every time.
"""

import argparse
import json
import os
import random
import selectors
import socket
import statistics
import sys
import tempfile
import time
import zlib

sys.dont_write_bytecode = True

import measure
import servers

MESSAGES = 4096
REQUEST = ("GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
LOGIN = b'{"command":"LOGIN","username":"anonymous"}'


def chat():
    """Messages as people write them: 3 to 18 words."""
    draw = random.Random(1)
    words = []
    for name in ("operations.md", "protocol.md"):
        with open(os.path.join(servers.ROOT, "docs", name)) as file:
            words += file.read().split()
    for number in range(MESSAGES):
        text = " ".join(draw.choice(words) for _ in range(draw.randint(3, 18)))
        yield json.dumps({"command": "ACTIVITY_MESSAGE", "username": "anonymous", "activity": {"n": number, "text": text}}) + "\n"


class Client:
    """A client on a WebSocket that counts what comes."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(REQUEST.encode())
        self.rest = b""
        while b"\r\n\r\n" not in self.rest:
            self.rest += self.socket.recv(4096)
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        self.compresses = b"permessage-deflate" in head
        # Masked with zeros.
        self.socket.sendall(bytes([0x81, 0x80 | len(LOGIN), 0, 0, 0, 0]) + LOGIN)
        while b"LOGIN_SUCCESS" not in self.rest or not self.rest.endswith(b"\n"):
            self.rest += self.socket.recv(4096)
        self.rest = b""
        self.bytes = 0
        self.socket.setblocking(False)

    def read(self):
        """The bytes that are there."""
        got = b""
        try:
            while piece := self.socket.recv(1 << 18):
                got += piece
                if len(piece) < 1 << 18:
                    break
        except BlockingIOError:
            pass
        self.bytes += len(got)
        return got

    def lines(self, got):
        """How many lines the frames have that are whole now."""
        self.rest += got
        count = 0
        while len(self.rest) >= 2:
            length, start = self.rest[1], 2
            if length >= 126:
                start = 4 if length == 126 else 10
                length = int.from_bytes(self.rest[2:start], "big")
            if len(self.rest) < start + length:
                break
            payload = self.rest[start:start + length]
            if self.rest[0] & 0x40:
                payload = zlib.decompressobj(-15).decompress(payload + b"\0\0\xff\xff")
            count += payload.count(b"\n")
            self.rest = self.rest[start + length:]
        return count


def cpu(pid):
    with open(f"/proc/{pid}/schedstat") as file:
        return int(file.read().split()[0]) / 1e9


def run(clients, burst, compresses):
    folder = tempfile.mkdtemp(prefix="coppice-bench-")
    port = servers.free_port()
    flags = ["--trust-loopback"] + (["--web-compression"] if compresses else [])
    server = servers.Server("coppice", "coppice", servers.coppice(port, folder, flags=flags), port, measure.SERVER_CORE, folder)
    audience = []
    try:
        audience = [Client(port) for _ in range(clients)]
        if any(client.compresses != compresses for client in audience):
            raise measure.Failed("the node and its clients don't agree on compression")
        talker = socket.create_connection(("127.0.0.1", port))
        talker.sendall(LOGIN + b"\n")
        talker.recv(4096)
        ready = selectors.DefaultSelector()
        for client in audience:
            ready.register(client.socket, selectors.EVENT_READ, client)
        said, messages = 0, [line.encode() for line in chat()]
        before = cpu(server.pid)
        while said < len(messages):
            talker.sendall(b"".join(messages[said:said + burst]))
            said += burst
            # The first client shows when everything is there; the others are read meanwhile.
            heard, missing = 0, set(audience)
            deadline = time.monotonic() + 10
            while heard < burst or missing:
                if time.monotonic() > deadline:
                    raise measure.Failed("messages are missing")
                for key, _ in ready.select(1):
                    client = key.data
                    got = client.read()
                    if client is audience[0]:
                        heard += client.lines(got)
                missing = {client for client in missing if client.bytes < audience[0].bytes} if heard >= burst else missing
            talker.recv(1 << 20)
        spent = cpu(server.pid) - before
        return {"bytes": audience[0].bytes / said, "nanoseconds": spent * 1e9 / (said * clients)}
    finally:
        for client in audience:
            client.socket.close()
        server.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--clients", type=int, default=300)
    parser.add_argument("--bursts", default="1,4,16,64,256")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if os.cpu_count() > 1:
        os.sched_setaffinity(0, {measure.FLOOD_CORE})
    rows = []
    for burst in map(int, arguments.bursts.split(",")):
        pairs = [(run(arguments.clients, burst, False), run(arguments.clients, burst, True)) for _ in range(arguments.repetitions)]
        row = {"burst": burst}
        for key in ("bytes", "nanoseconds"):
            row[key] = [statistics.median(pair[which][key] for pair in pairs) for which in (0, 1)]
            row[key + "Ratio"] = statistics.median(pair[1][key] / pair[0][key] for pair in pairs)
        rows.append(row)
    if arguments.json:
        print(json.dumps(rows))
        return
    print(f"{'at once':>7} {'bytes a message':>22} {'ratio':>6}   {'CPU ns a delivery':>22} {'ratio':>6}")
    for row in rows:
        print(f"{row['burst']:7} {row['bytes'][0]:10.1f} {row['bytes'][1]:11.1f} {row['bytesRatio']:6.2f}   "
              f"{row['nanoseconds'][0]:10.0f} {row['nanoseconds'][1]:11.0f} {row['nanosecondsRatio']:6.2f}")


if __name__ == "__main__":
    try:
        main()
    except measure.Failed as failure:
        sys.exit(str(failure))
    finally:
        servers.Server.end_all()
