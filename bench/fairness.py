#!/usr/bin/env python3
"""What one loud client costs the others: their latencies with it beside those without it.

    fairness.py [--binary PATH] [--clients N] [--rate N] [--seconds N] [--repetitions N] [--json] [KIND…]

Some clients listen and a few of them talk quietly (`coppice flood`), first alone, then beside one client that sends as fast as
the node takes it: `lines` that are broadcast, `brackets` that are refused, or `logins`, each in clear or, as `tls-lines` and so on,
over TLS; or beside one that shakes hands, again and again: whole `handshakes`, or `hellos`, which leave the node alone behind the part
that costs it most and whoever sends them nothing; or beside `refusals`: a connection for each line that is no message. Prints the percentiles, the ratio of the
p99, how much of the loud client was taken, and by how much the node's memory grew: medians of all repetitions, in each of which all
kinds take their turn. Ends with status 1 if a ratio is above 2.

What is measured is the node, not the machine: the node has one core, the programs of the clients the other one, and that of the quiet
clients comes first there (`chrt`), where that is allowed.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time

SECRET = "fairness"
# It is nobody's, so it may stand in flags.
os.environ["COPPICE_INSECURE_FLAGS"] = "1"
# Handshakes and lines that are refused, each on a connection of its own, as many as 32 at a time bring.
KNOCK = r"""
import select, socket, ssl, sys, time
kind, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
context = ssl._create_unverified_context()
incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
try:
    context.wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
except ssl.SSLWantReadError:
    pass
first = {"hellos": outgoing.read(), "refusals": b"no message\n", "handshakes": b""}[kind]
done, end = 0, time.monotonic() + seconds
poll, open_sockets = select.epoll(), {}

def begin():
    s = socket.create_connection(("127.0.0.1", port))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if kind == "handshakes":
        s.setblocking(False)
        s = context.wrap_socket(s, server_hostname="localhost", do_handshake_on_connect=False)
        go_on(s)
    else:
        s.sendall(first)
    poll.register(s, select.EPOLLIN)
    open_sockets[s.fileno()] = s

def go_on(s):
    # True once the other side has answered all that it has to.
    if kind != "handshakes":
        return bool(s.recv(65536)) or True
    try:
        s.do_handshake()
        return True
    except ssl.SSLWantReadError:
        return False

for _ in range(32):
    begin()
while time.monotonic() < end:
    for number, _ in poll.poll(0.1):
        s = open_sockets[number]
        try:
            if not go_on(s):
                continue
            done += 1
        except OSError:
            pass
        poll.unregister(number)
        del open_sockets[number]
        s.close()
        begin()
print(done)
"""
SHOUT = r"""
import socket, ssl, sys, time
kind, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
secret, kind = kind.startswith("tls-"), kind.removeprefix("tls-")
context = ssl._create_unverified_context()
login = b'{"command":"LOGIN","username":"anonymous"}\n'
line = {
    "lines": b'{"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":{"text":"%s"}}\n' % (b"x" * 40),
    "brackets": b'{"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":{"x":[' + b"[]," * 20000 + b'[]]}}\n',
    "logins": login,
}[kind]
piece = line * max(1, 262144 // len(line))
taken, end = 0, time.monotonic() + seconds
def connect():
    s = socket.create_connection(("localhost", port))
    if secret:
        s = context.wrap_socket(s)
    s.sendall(login)
    s.setblocking(False)
    return s
s, offset = connect(), 0
import select
while time.monotonic() < end:
    readable, writable, _ = select.select([s], [s], [], 0.1)
    try:
        if readable and not s.recv(1 << 20):
            raise ConnectionError
        if writable:
            sent = s.send(memoryview(piece)[offset:])
            offset = (offset + sent) % len(piece)
            taken += sent
    except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
        pass
    except OSError:
        s.close()
        s, offset = connect(), 0
print(taken)
"""


KNOCKS = ["hellos", "handshakes", "refusals"]
NODE_CORE, CLIENT_CORE = (0, 1) if (os.cpu_count() or 1) > 1 else (0, 0)
FIRST = ["chrt", "-f", "10"]


def may_come_first():
    try:
        return subprocess.run(FIRST + ["true"], capture_output=True).returncode == 0
    except OSError:
        return False


def on(core, command):
    return ["taskset", "-c", str(core)] + command


class Node:
    def __init__(self, binary):
        self.folder = tempfile.TemporaryDirectory()
        subprocess.run([binary, "certificate", "--folder", self.folder.name, "--for", "localhost"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        command = [binary, "node", "-lp", "0", "--memory", "--clock", "none", "--redirect-gap", "0", "-ms", SECRET,
                   "--log-level", "error", "--tls-cert", self.folder.name + "/node.pem", "--tls-key", self.folder.name + "/node.key"]
        self.process = subprocess.Popen(on(NODE_CORE, command), stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline().decode().rsplit(":", 1)[1])

    def resident(self):
        with open(f"/proc/{self.process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def end(self):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()


def flood(binary, node, arguments):
    command = [binary, "flood", "--nodes", f"localhost:{node.port}", "--clients", str(arguments.clients), "--senders", "5",
               "--rate", str(arguments.rate), "--duration", str(arguments.seconds), "--patience", "10", "--json"]
    ran = subprocess.run((FIRST if arguments.first else []) + on(CLIENT_CORE, command), capture_output=True, text=True, timeout=120)
    if not ran.stdout:
        raise RuntimeError(ran.stderr)
    return json.loads(ran.stdout)


def measure(binary, kind, arguments):
    node = Node(binary)
    shouter = None
    try:
        time.sleep(0.3)
        before = node.resident()
        if kind:
            program = KNOCK if kind in KNOCKS else SHOUT
            command = [sys.executable, "-c", program, kind, str(node.port), str(arguments.seconds + 3)]
            shouter = subprocess.Popen(on(CLIENT_CORE, command), stdout=subprocess.PIPE, text=True)
        report = flood(binary, node, arguments)
        figures = {"p50_ms": report["latency"]["p50"] / 1000, "p99_ms": report["latency"]["p99"] / 1000,
                   "max_ms": report["latency"]["max"] / 1000, "verdict": report["verdict"],
                   "grown_mb": (node.resident() - before) / 1e6}
        if shouter:
            taken = int(shouter.communicate(timeout=60)[0]) / (arguments.seconds + 3)
            figures |= {"taken_per_s": taken} if kind in KNOCKS else {"taken_mb_per_s": taken / 1e6}
        return figures
    finally:
        if shouter and shouter.poll() is None:
            shouter.kill()
        node.end()


def summed(runs):
    """The medians; a verdict that isn't right counts for all."""
    verdict = next((run["verdict"] for run in runs if run["verdict"] != "right"), "right")
    return {key: statistics.median(run[key] for run in runs) for key in runs[0] if key != "verdict"} | {"verdict": verdict}


def main():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", default=os.environ.get("COPPICE_BINARY") or os.path.join(root, ".build/release/coppice"))
    parser.add_argument("--clients", type=int, default=10, help="of which five talk")
    parser.add_argument("--rate", type=float, default=50, help="messages of the quiet clients each second")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("kinds", nargs="*", metavar="KIND", help="lines, brackets, logins, tls-lines, tls-brackets, tls-logins, " + ", ".join(KNOCKS))
    arguments = parser.parse_args()
    arguments.first = may_come_first()
    if not arguments.first:
        print("the quiet clients have no priority: this also measures how long they wait for a core", file=sys.stderr)
    kinds = arguments.kinds or ["lines", "brackets", "logins", "tls-lines", "tls-logins"] + KNOCKS
    runs = {kind: [] for kind in [None] + kinds}
    for _ in range(arguments.repetitions):
        for kind in runs:
            runs[kind].append(measure(arguments.binary, kind, arguments))
    alone = summed(runs.pop(None))
    results, is_right = {"alone": alone}, alone["verdict"] == "right"
    if not arguments.json:
        print(f"alone        p50 {alone['p50_ms']:.2f}  p99 {alone['p99_ms']:.2f}  max {alone['max_ms']:.1f} ms")
    for kind in kinds:
        found = summed(runs[kind])
        ratio = found["p99_ms"] / alone["p99_ms"]
        is_right = is_right and ratio <= 2 and found["verdict"] == "right"
        results[kind] = {**found, "p99_ratio": ratio}
        if not arguments.json:
            print(f"{kind:12} p50 {found['p50_ms']:.2f}  p99 {found['p99_ms']:.2f}  max {found['max_ms']:.1f} ms: {ratio:.2f} times; "
                  + (f"{found['taken_per_s']:.0f} of them a second, " if kind in KNOCKS else
                     f"{found['taken_mb_per_s']:.1f} MB/s of the loud one taken, ")
                  + f"{found['grown_mb']:.0f} MB grown, {found['verdict']}")
    if arguments.json:
        print(json.dumps(results))
    sys.exit(0 if is_right else 1)


if __name__ == "__main__":
    main()
