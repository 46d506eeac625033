#!/usr/bin/env python3
"""Ten thousand users whose node is killed: how long it takes until all of them are logged in elsewhere and lack nothing.

    returning.py [--binary PATH] [--clients N] [--ramp N] [--rate N] [--limit MS] [--json]

Three nodes; all users register and log in at one of them, which is killed while messages are said at the root. The users go on at
the other two by their resume tokens. Every message has to reach every user, once and in order, the last of them after no more than
the limit (3000 ms) since the node was killed; and no node may take another one for silent, or be busy for half a second at a
time. Ends with status 1 if it isn't so.
"""

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time

SECRET = "returning"
# It is nobody's, so it may stand in flags.
os.environ["COPPICE_INSECURE_FLAGS"] = "1"
LONGEST_TURN_MS = 500


class Node:
    def __init__(self, binary, parent=None):
        self.binary = binary
        self.log = tempfile.TemporaryFile()
        command = [binary, "node", "-lp", "0", "--memory", "--clock", "none", "--redirect-gap", "0", "-ms", SECRET,
                   "--trust-loopback", "--log-level", "info"]
        if parent:
            command += ["-rh", "localhost", "-rp", str(parent.port), "-s", SECRET]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log)
        first = self.process.stdout.readline().decode()
        if "listening on" not in first:
            raise RuntimeError(f"a node says: {first!r}")
        self.port = int(first.rsplit(":", 1)[1])
        self.address = f"localhost:{self.port}"

    def status(self):
        command = [self.binary, "tree", "-rp", str(self.port), "-s", SECRET, "--json"]
        asked = subprocess.run(command, capture_output=True, text=True, timeout=60)
        return next(node for node in json.loads(asked.stdout)["nodes"] if node["port"] == self.port)

    def says(self):
        self.log.seek(0)
        return self.log.read().decode()

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def run(binary, clients, ramp, rate):
    nodes = []
    try:
        root = Node(binary)
        nodes.append(root)
        doomed, other = Node(binary, root), Node(binary, root)
        nodes += [doomed, other]
        # The one client that speaks is at the root, and stays there.
        command = [binary, "flood", "--nodes", doomed.address, "--sender-nodes", root.address, "--resume", "--resume-nodes",
                   f"{root.address},{other.address}", "--register", "--clients", str(clients + 1), "--ramp", str(ramp),
                   "--rate", str(rate), "--duration", "12", "--json"]
        began = time.monotonic()
        flood = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        while doomed.status()["clients"] < clients:
            if flood.poll() is not None:
                raise RuntimeError(f"not everybody came in: {flood.stdout.read()}")
            time.sleep(0.5)
        print(f"{clients} users are registered and logged in after {time.monotonic() - began:.0f} s", file=sys.stderr)
        busy = {node.port: node.status()["turns"]["max"] for node in (root, other)}
        time.sleep(3)
        os.kill(doomed.process.pid, signal.SIGKILL)
        report = json.loads(flood.communicate(timeout=180)[0])
        time.sleep(1.2)
        longest = {node.port: node.status()["turns"]["max"] for node in (root, other)}
        silent = [line for node in (root, other) for line in node.says().splitlines() if "silent" in line or "silence" in line]
        return report, max(longest.values()) / 1000, max(busy.values()) / 1000, silent
    finally:
        for node in nodes:
            node.end()


def main():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", default=os.environ.get("COPPICE_BINARY") or os.path.join(root, ".build/release/coppice"))
    parser.add_argument("--clients", type=int, default=10_000)
    parser.add_argument("--ramp", type=float, default=75.0, help="registrations a second: each takes a hash")
    # With more, the generator's core would be full with what it reads, and that would be measured.
    parser.add_argument("--rate", type=float, default=2.0, help="messages a second, each of which all users get")
    parser.add_argument("--limit", type=float, default=3000.0, help="milliseconds until all are back, and lack nothing")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    report, longest, before, silent = run(arguments.binary, arguments.clients, arguments.ramp, arguments.rate)
    figures = {
        "clients": arguments.clients, "lost": report["lostServer"], "returned": report["returned"],
        "return_ms": report["returnMicroseconds"] / 1000, "latency_max_ms": report["latency"]["max"] / 1000,
        "longest_turn_ms": longest, "longest_turn_before_ms": before, "verdict": report["verdict"], "silent": silent,
    }
    is_right = (report["verdict"] == "right" and figures["returned"] == figures["lost"] == arguments.clients
                and figures["return_ms"] <= arguments.limit and figures["latency_max_ms"] <= arguments.limit
                and not silent and longest <= LONGEST_TURN_MS)
    if arguments.json:
        print(json.dumps(figures))
    else:
        print(f"{figures['returned']} of {figures['lost']} users were back {figures['return_ms']:.0f} ms after their node was gone; "
              f"the slowest delivery took {figures['latency_max_ms']:.0f} ms, and the longest turn of a node "
              f"{longest:.0f} ms ({before:.0f} ms before); {report['verdict']}")
        for line in silent:
            print(line)
    sys.exit(0 if is_right else 1)


if __name__ == "__main__":
    main()
