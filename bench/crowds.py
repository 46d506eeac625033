#!/usr/bin/env python3
"""What a node does when many do the same at once: its longest turn, in milliseconds, for each kind of crowd.

    crowds.py [--binary PATH] [--clients N] [--limit MS] [--json] [NAME…]

While a turn lasts, nobody else is served: no link, no heartbeat, no other client. Each crowd meets a node of its own, whose
turns are those that `coppice tree --json` reports. Node and clients have real-time priority where that is allowed: a turn
would else be as long as others keep the core, and a crowd would come one by one. Ends with status 1 if a turn was longer than the limit.
"""

import argparse
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time

SECRET = "crowds"
# It is nobody's, so it may stand in flags.
os.environ["COPPICE_INSECURE_FLAGS"] = "1"
# Descriptors that a node needs beside those of its clients: links, files, and the room that it keeps free.
SPARE = 300


def take_priority(priority=2):
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(priority))
    except OSError:
        pass


class Node:
    def __init__(self, binary, *flags, trusts=True):
        self.binary = binary
        self.log = tempfile.TemporaryFile()
        command = [binary, "node", "-lp", "0", "--memory", "--clock", "none", "--redirect-gap", "0", "-ms", SECRET, *flags]
        if trusts:  # more may be waiting for their answers than a node lets one address have
            command.append("--trust-loopback")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, preexec_fn=take_priority)
        first = self.process.stdout.readline().decode()
        if "listening on" not in first:
            raise RuntimeError(f"the node says: {first!r}")
        self.port = int(first.rsplit(":", 1)[1])

    def status(self):
        command = [self.binary, "tree", "-rp", str(self.port), "-s", SECRET, "--json"]
        asked = subprocess.run(command, capture_output=True, text=True, timeout=60)
        nodes = json.loads(asked.stdout)["nodes"]
        return next(node for node in nodes if "turns" in node)

    def wait_for_load(self, holds, seconds=120):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            status = self.status()
            if holds(status["clients"]):
                return status
            time.sleep(0.2)
        raise RuntimeError(f"the node has {self.status()['clients']} clients after {seconds} s")

    def turns(self):
        # They are reported once a second.
        time.sleep(1.2)
        return self.status()["turns"]

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class Crowd:
    """Clients in processes of their own, so that they can be killed at once. `say` is what each of them sends when all are
    connected."""

    def __init__(self, port, count, say, answers=1, connect_first=True):
        self.children = []
        share = 9000
        for first in range(0, count, share):
            ready, told = os.pipe()
            child = os.fork()
            if child == 0:
                try:
                    take_priority(1)
                    run_clients(port, min(share, count - first), say, answers, connect_first, told)
                finally:
                    os._exit(1)
            os.close(told)
            self.children.append((child, ready))

    def wait(self):
        """Until each client has had so many answers, or its end.

        Returns: how many had their answers."""
        answered = 0
        for _, ready in self.children:
            line = b""
            while not line.endswith(b"\n"):
                piece = os.read(ready, 100)
                if not piece:
                    raise RuntimeError("a crowd has ended by itself")
                line += piece
            answered += int(line)
        return answered

    def kill(self):
        for child, ready in self.children:
            os.kill(child, signal.SIGKILL)
        for child, ready in self.children:
            os.waitpid(child, 0)
            os.close(ready)
        self.children = []


def run_clients(port, count, say, answers, connect_first, told):
    poll = select.epoll()
    clients = {}
    message = (say + "\n").encode() if say is not None else b""

    def open_one():
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(("127.0.0.1", port))
        clients[client.fileno()] = [client, 0]
        poll.register(client.fileno(), select.EPOLLOUT)

    waiting, left, answered = count, count, 0
    connecting = 0
    connected = []
    deadline = time.monotonic() + 150
    while left > 0 and time.monotonic() < deadline:
        # As many as may wait to be accepted, so that no connection is tried anew after a second.
        while waiting > 0 and connecting < 1500:
            open_one()
            waiting -= 1
            connecting += 1
        for number, events in poll.poll(0.2):
            client = clients[number]
            if client[1] == 0:
                client[1] = 1
                connecting -= 1
                poll.modify(number, select.EPOLLIN)
                if connect_first:
                    connected.append(client[0])
                    if len(connected) == count:
                        for one in connected:
                            one.send(message)
                else:
                    client[0].send(message)
                continue
            try:
                data = client[0].recv(1 << 16)
            except OSError:
                data = b""
            client[1] += data.count(b"\n")
            if client[1] > answers or not data:
                answered += client[1] > answers
                left -= 1
                poll.unregister(number)
    os.write(told, f"{answered}\n".encode())
    while True:
        signal.pause()


LOGIN = json.dumps({"command": "LOGIN", "username": "anonymous"})


def arriving(binary, count):
    """All are connected, and log in at once."""
    node = Node(binary)
    crowd = Crowd(node.port, count, LOGIN)
    try:
        answered = crowd.wait()
        return node.turns(), f"{answered} logged in"
    finally:
        crowd.kill()
        node.end()


def leaving(binary, count):
    """All are killed at once."""
    node = Node(binary)
    crowd = Crowd(node.port, count, LOGIN, connect_first=False)
    try:
        crowd.wait()
        before = node.turns()["max"] / 1000
        began = time.monotonic()
        crowd.kill()
        node.wait_for_load(lambda load: load == 0)
        took = time.monotonic() - began
        return node.turns(), f"all gone after {took:.1f} s; longest turn before: {before:.1f} ms"
    finally:
        crowd.kill()
        node.end()


def resuming(binary, count):
    """All come back, and lack a hundred messages each."""
    node = Node(binary)
    try:
        with socket.create_connection(("127.0.0.1", node.port)) as speaker:
            reader = speaker.makefile("rb")
            speaker.sendall((LOGIN + "\n").encode())
            vector = json.loads(reader.readline())["vector"]
            for number in range(100):
                activity = {"command": "ACTIVITY_MESSAGE", "username": "anonymous", "activity": {"n": number}}
                speaker.sendall((json.dumps(activity) + "\n").encode())
            for _ in range(100):
                last = json.loads(reader.readline())
        login = json.dumps({"command": "LOGIN", "username": "anonymous", "since": vector})
        crowd = Crowd(node.port, count, login, answers=101)
        try:
            answered = crowd.wait()
            return node.turns(), f"{answered} had all 100 messages; since {json.dumps(vector)[:60]}"
        finally:
            crowd.kill()
    finally:
        node.end()


def parked(binary, count):
    """All log in at a node that looks for its parent still, and is in vain; a third of them is killed meanwhile."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        nobody.listen(1)
        # It is connected to and never answers.
        node = Node(binary, "-rh", "127.0.0.1", "-rp", str(nobody.getsockname()[1]), "-s", SECRET)
        lost = Crowd(node.port, count // 3, LOGIN, connect_first=False)
        crowd = Crowd(node.port, count - count // 3, LOGIN, connect_first=False)
        try:
            time.sleep(1)
            lost.kill()
            answered = crowd.wait()
            return node.turns(), f"{answered} logged in"
        finally:
            lost.kill()
            crowd.kill()
            node.end()


def refused(binary, count):
    """All log in at a node that is full."""
    node = Node(binary, "--max-clients", "100")
    crowd = Crowd(node.port, count, LOGIN)
    try:
        answered = crowd.wait()
        time.sleep(4)  # they linger for 2 s
        return node.turns(), f"{answered} had an answer"
    finally:
        crowd.kill()
        node.end()


def silent(binary, count):
    """All connect and say nothing, and are told so."""
    node = Node(binary, "--max-strangers-per-address", str(count), "--max-strangers", str(count), "--stranger-patience", "5000",
                trusts=False)
    crowd = Crowd(node.port, count, None, answers=1)
    try:
        answered = crowd.wait()
        time.sleep(4)
        return node.turns(), f"{answered} were told"
    finally:
        crowd.kill()
        node.end()


def undecided(binary, count):
    """All say an empty line, which may be the first half of a length: a timer for each decides."""
    node = Node(binary)
    crowd = Crowd(node.port, count, "", answers=1)
    try:
        answered = crowd.wait()
        return node.turns(), f"{answered} were told"
    finally:
        crowd.kill()
        node.end()


def idle(binary, count):
    """All log in at once, and then nobody says anything for longer than it takes to miss somebody who has vanished: all stay."""
    node = Node(binary)
    crowd = Crowd(node.port, count, LOGIN)
    try:
        answered = crowd.wait()
        turns = node.turns()
        time.sleep(75)
        stayed = node.status()["clients"]
        if stayed < answered:
            raise RuntimeError(f"{answered - stayed} of {answered} idle clients were taken for vanished")
        return turns, f"{stayed} stayed"
    finally:
        crowd.kill()
        node.end()


CROWDS = {crowd.__name__: crowd for crowd in (arriving, leaving, resuming, parked, refused, silent, undecided, idle)}


def main():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", default=os.environ.get("COPPICE_BINARY") or os.path.join(root, ".build/release/coppice"))
    parser.add_argument("--clients", type=int, default=20_000)
    parser.add_argument("--limit", type=float, default=20.0, help="milliseconds that a turn may last")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("crowds", nargs="*", metavar="NAME", help=", ".join(CROWDS))
    arguments = parser.parse_args()
    unknown = [name for name in arguments.crowds if name not in CROWDS]
    if unknown:
        parser.error(f"there is no crowd called {', '.join(unknown)}: {', '.join(CROWDS)}")

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(arguments.clients, hard - SPARE) if hard != resource.RLIM_INFINITY else arguments.clients
    if count < arguments.clients:
        print(f"{count} clients instead of {arguments.clients}: a process may have {hard} descriptors", file=sys.stderr)

    is_right, figures = True, {}
    for name in arguments.crowds or CROWDS:
        turns, remark = CROWDS[name](arguments.binary, count)
        longest = turns["max"] / 1000
        is_right = is_right and longest <= arguments.limit
        figures[name] = {"clients": count, "longest_ms": longest, "p999_ms": turns["p999"] / 1000, "remark": remark}
        if not arguments.json:
            mark = "" if longest <= arguments.limit else f"   more than {arguments.limit:g} ms"
            print(f"{name:10} {count} clients: longest turn {longest:6.1f} ms, p99.9 {turns['p999'] / 1000:5.1f} ms; "
                  f"{remark}{mark}", flush=True)
    if arguments.json:
        print(json.dumps(figures))
    sys.exit(0 if is_right else 1)


if __name__ == "__main__":
    main()
