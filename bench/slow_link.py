#!/usr/bin/env python3
"""What a slow link does to everybody: a root that is offered more than the link to one of its children takes.

    slow_link.py [--binary PATH] [--seconds N] [--rate BYTES] [--offered BYTES] [--flags "..."]

A root, a child at full speed, and a child behind a link of RATE bytes a second each way (a program between the two, which
passes on no more). Clients at the root offer OFFERED bytes a second. Said of each listener: bytes a second, its longest
silence; and how long registrations and logins take at the slow child meanwhile. Ends with status 1 if a listener was silent
for a second, less than 0.9 of the link's rate came through, or a registration failed.
"""

import argparse
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

SECRET = "slow"
# It is nobody's, so it may stand in flags.
os.environ["COPPICE_INSECURE_FLAGS"] = "1"
PAYLOAD = 1000
# Seconds in which the load begins, and which don't count.
WARM_UP = 3
LONGEST_SILENCE = 1.0
LEAST_SHARE = 0.9
# Bytes of an entry on a link beside its payload: what is measured at a listener is less than what the link carries.
BINARY = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), ".build/release/coppice")


class SlowLink:
    """Listens, and passes on what comes to another port, so many bytes a second each way."""

    PIECE = 4096
    BUFFER = 16 * 1024

    def __init__(self, port, rate):
        self.rate, self.target = rate, port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.BUFFER)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near, _ = self.listener.accept()
            far = socket.socket()
            far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.BUFFER)
            try:
                far.connect(("127.0.0.1", self.target))
            except OSError:
                near.close()
                continue
            for one, other in ((near, far), (far, near)):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.BUFFER)
                threading.Thread(target=self.carry, args=(one, other), daemon=True).start()

    def carry(self, one, other):
        due = time.monotonic()
        try:
            while piece := one.recv(self.PIECE):
                other.sendall(piece)
                due = max(due, time.monotonic() - 0.02) + len(piece) / self.rate
                pause = due - time.monotonic()
                if pause > 0:
                    time.sleep(pause)
        except OSError:
            pass
        for end in (one, other):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Node:
    running = []

    def __init__(self, binary, folder, name, parent=None, flags=()):
        self.log = os.path.join(folder, name + ".log")
        command = [binary, "node", "-lp", "0", "--memory", "--clock", "none", "--redirect-gap", "0", "-ms", SECRET,
                   "--log-level", "info", *flags]
        command += ["-rh", "localhost", "-rp", str(parent)] if parent else []
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=open(self.log, "wb"), text=True)
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])
        Node.running.append(self)

    def says(self):
        with open(self.log) as log:
            return log.read()


def connect(port):
    stream = socket.create_connection(("127.0.0.1", port))
    stream.sendall(b'{"command":"LOGIN","username":"anonymous"}\n')
    said = b""
    while not said.endswith(b"\n"):
        said += stream.recv(1)
    if b"LOGIN_SUCCESS" not in said:
        raise RuntimeError(said)
    return stream


class Listener:
    def __init__(self, name, port):
        self.name, self.port = name, port
        self.stream = connect(port)
        self.stream.setblocking(False)
        self.bytes, self.last, self.silence, self.begin = 0, None, 0.0, None

    def read(self, now):
        try:
            piece = self.stream.recv(1 << 20)
        except BlockingIOError:
            return
        if not piece:
            raise RuntimeError(f"the listener at the {self.name} was closed")
        self.bytes += len(piece)
        if self.last:
            self.silence = max(self.silence, now - self.last)
        self.last = now

    def restart(self, now):
        self.bytes, self.silence, self.begin, self.last = 0, 0.0, now, now

    def report(self, now):
        silence = max(self.silence, now - self.last)
        return {"bytesPerSecond": round(self.bytes / (now - self.begin)), "longestSilence": round(silence, 3)}


def send(port, rate, until):
    stream = connect(port)
    line = json.dumps({"command": "ACTIVITY_MESSAGE", "username": "anonymous", "activity": {"m": "x" * PAYLOAD}}) + "\n"
    piece = line.encode() * 16
    threading.Thread(target=drain, args=(stream,), daemon=True).start()
    due = time.monotonic()
    try:
        while time.monotonic() < until[0]:
            stream.sendall(piece)
            due = max(due, time.monotonic() - 0.1) + len(piece) / rate
            pause = due - time.monotonic()
            if pause > 0:
                time.sleep(pause)
    except OSError as error:
        print(f"a sender was cut off: {error}", file=sys.stderr)
    stream.close()


def drain(stream):
    try:
        while stream.recv(1 << 16):
            pass
    except OSError:
        pass


def ask(port, message, answers):
    """Seconds until the answer, and whether it was the right one."""
    begin = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=60) as stream:
        stream.sendall((json.dumps(message) + "\n").encode())
        said = b""
        while b"\n" not in said:
            piece = stream.recv(4096)
            if not piece:
                break
            said += piece
    return {"seconds": round(time.monotonic() - begin, 3), "succeeded": answers.encode() in said}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default=BINARY)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--rate", type=float, default=1e6)
    parser.add_argument("--offered", type=float, default=15e6)
    parser.add_argument("--senders", type=int, default=3)
    parser.add_argument("--deep", action="store_true", help="the slow link is one hop further down")
    parser.add_argument("--alone", action="store_true", help="there is no child at full speed")
    parser.add_argument("--flags", default="")
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="coppice-slow-")
    try:
        return measure(arguments, folder)
    finally:
        for node in Node.running:
            node.process.send_signal(signal.SIGKILL)
            node.process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def measure(arguments, folder):
    flags = arguments.flags.split()
    root = Node(arguments.binary, folder, "root", flags=flags)
    fast = None if arguments.alone else Node(arguments.binary, folder, "fast", root.port, flags)
    above = fast if arguments.deep else root
    link = SlowLink(above.port, arguments.rate)
    slow = Node(arguments.binary, folder, "slow", link.port, flags)
    time.sleep(1)
    places = [("root", root), ("fast", fast), ("slow", slow)]
    listeners = [Listener(name, node.port) for name, node in places if node]
    until = [time.monotonic() + WARM_UP + arguments.seconds]
    senders = [threading.Thread(target=send, args=(root.port, arguments.offered / arguments.senders, until), daemon=True)
               for _ in range(arguments.senders)]
    for sender in senders:
        sender.start()
    asked = {"registrations": [], "logins": [], "fromRoot": []}

    def ask_on():
        time.sleep(WARM_UP)
        number = 0
        while time.monotonic() < until[0] - 2:
            number += 1
            name = {"username": f"user{number}", "secret": "s"}
            asked["registrations"].append(ask(slow.port, {"command": "REGISTER", **name}, "REGISTER_SUCCESS"))
            asked["fromRoot"].append(ask(root.port, {"command": "LOGIN", **name}, "LOGIN_SUCCESS"))
            name["username"] += "r"
            ask(root.port, {"command": "REGISTER", **name}, "REGISTER_SUCCESS")
            asked["logins"].append(ask(slow.port, {"command": "LOGIN", **name}, "LOGIN_SUCCESS"))
            time.sleep(1)

    asker = threading.Thread(target=ask_on, daemon=True)
    asker.start()
    selector = selectors.DefaultSelector()
    for listener in listeners:
        selector.register(listener.stream, selectors.EVENT_READ, listener)
    begins = time.monotonic() + WARM_UP
    began = False
    while (now := time.monotonic()) < until[0]:
        if not began and now >= begins:
            began = True
            for listener in listeners:
                listener.restart(now)
        for key, _ in selector.select(0.05):
            key.data.read(time.monotonic())
    end = time.monotonic()
    result = {"rate": arguments.rate, "offered": arguments.offered, "seconds": arguments.seconds}
    result |= {listener.name: listener.report(end) for listener in listeners}
    asker.join(60)
    for what, answers in asked.items():
        result[what] = {"count": len(answers), "failed": sum(not answer["succeeded"] for answer in answers),
                        "longest": max([answer["seconds"] for answer in answers], default=None)}
    status = subprocess.run([arguments.binary, "tree", "-rh", "localhost", "-rp", str(root.port), "-s", SECRET],
                            capture_output=True, text=True, timeout=20, check=False)
    print(status.stdout, file=sys.stderr)
    for name, node in places:
        if node:
            print(f"--- {name}\n" + "\n".join(node.says().splitlines()[-12:]), file=sys.stderr)
    print(json.dumps(result, indent=1))
    heard = [result[listener.name] for listener in listeners]
    is_right = all(one["longestSilence"] < LONGEST_SILENCE for one in heard)
    is_right &= all(one["bytesPerSecond"] > LEAST_SHARE * arguments.rate for one in heard)
    is_right &= all(result[what]["failed"] == 0 for what in asked)
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
