#!/usr/bin/env python3
"""A million clients on one machine: a tree of nodes with seven children each, and `coppice flood` at all of them.

    million.py [--binary PATH] [--clients N] [--nodes N] [--ramp N] [--rate N] [--seconds N] [--kill]

First it is looked whether the machine has the memory and the descriptors. Then all clients have to get in, and everyone has
to get every message, once and in order. With --kill an inner node is killed while messages are sent: its clients go on at other
nodes, and lack nothing. No node may take another one for silent. Ends with status 0 if all that is so, with 1 if not, and with 2
if the machine is too small.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time

SECRET = "million"
# It is nobody's, so it may stand in flags.
os.environ["COPPICE_INSECURE_FLAGS"] = "1"
CHILDREN = 7
# Clients of one node: below the 20,000 descriptors that a process has on many systems.
CLIENTS_PER_NODE = 18_519
# An estimate, on the safe side: what both ends of a connection take of the kernel's memory and of the programs', and what is
# on its way.
BYTES_PER_CLIENT = 16_000
BYTES_PER_PROCESS = 40_000_000


def sysctl(name):
    try:
        with open("/proc/sys/" + name.replace(".", "/")) as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return None


def available_memory():
    with open("/proc/meminfo") as file:
        for line in file:
            if line.startswith("MemAvailable"):
                return int(line.split()[1]) * 1024
    return 0


def shortcomings(clients, nodes):
    """What the machine lacks, in words that say what to do."""
    found = []
    workers = -(-clients // 19_000)
    needed = clients * BYTES_PER_CLIENT + (nodes + workers) * BYTES_PER_PROCESS
    if available_memory() < needed:
        found.append(f"{needed / 1e9:.1f} GB of memory are needed, and {available_memory() / 1e9:.1f} GB are free: "
                     "ask for fewer clients (CLIENTS=)")
    descriptors = max(-(-clients // nodes) + 700, min(clients, 19_000) + 200)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < descriptors:
        found.append(f"a process needs {descriptors} descriptors and may have {hard}: raise the limit (ulimit -Hn)")
    files = sysctl("fs.file-max")
    if files and files[0] < 2 * clients + 50_000:
        found.append(f"the machine may open {files[0]} files, and {2 * clients + 50_000} are needed: "
                     f"sysctl fs.file-max={2 * clients + 50_000}")
    return found


class Node:
    def __init__(self, binary, log, parent=None):
        # All connections share this machine's two or three queues of packets that have arrived, with room for a thousand each.
        # So many questions whether a client lives would be dropped there: they are not asked while the run lasts.
        command = [binary, "node", "-lp", "0", "--memory", "--clock", "none", "--redirect-gap", "0", "-ms", SECRET,
                   "--log-level", "notice", "--trust-loopback", "--vanished-after", "3600"]
        if parent:
            command += ["-rh", "localhost", "-rp", str(parent.port), "-s", SECRET]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        first = self.process.stdout.readline().decode()
        if "listening on" not in first:
            raise RuntimeError(f"a node says: {first!r}")
        self.port = int(first.rsplit(":", 1)[1])


def status(binary, node):
    command = [binary, "tree", "-rp", str(node.port), "-s", SECRET, "--json"]
    asked = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return json.loads(asked.stdout) if asked.stdout else {"nodes": []}


def wait_for_tree(binary, nodes, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if len(status(binary, nodes[0])["nodes"]) == len(nodes):
            return
        time.sleep(0.3)
    raise RuntimeError(f"the tree isn't whole after {seconds} s")


def watch(flood, doomed):
    """Passes on what the flood says, and kills a node once messages come."""
    for line in flood.stderr:
        print(line, end="", file=sys.stderr, flush=True)
        if doomed and "deliveries/s" in line:
            doomed.process.kill()
            print(f"the node of port {doomed.port} is killed", file=sys.stderr, flush=True)
            doomed = None


def main():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", default=os.environ.get("COPPICE_BINARY") or os.path.join(root, ".build/release/coppice"))
    parser.add_argument("--clients", type=int, default=1_000_000)
    parser.add_argument("--nodes", type=int, help="(default: as many as the clients need, at least 8)")
    parser.add_argument("--ramp", type=float, default=7000, help="connections begun each second; 0 for as many as go")
    parser.add_argument("--rate", type=float, default=0.15, help="messages each second")
    parser.add_argument("--seconds", type=float, default=45, help="for which is sent")
    parser.add_argument("--kill", action="store_true", help="kill an inner node while messages are sent")
    arguments = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = arguments.nodes or max(8, -(-arguments.clients // CLIENTS_PER_NODE))
    lacks = shortcomings(arguments.clients, count)
    if lacks:
        print("\n".join(lacks), file=sys.stderr)
        sys.exit(2)

    nodes = []
    before = available_memory()
    with tempfile.TemporaryFile() as log:
        try:
            for number in range(count):
                nodes.append(Node(arguments.binary, log, nodes[(number - 1) // CHILDREN] if number else None))
            wait_for_tree(arguments.binary, nodes)
            print(f"{count} nodes in a tree with {CHILDREN} children each; {arguments.clients} clients come", flush=True)
            command = [arguments.binary, "flood", "--clients", str(arguments.clients), "--rate", str(arguments.rate),
                       "--duration", str(arguments.seconds), "--patience", "60",
                       "--nodes", ",".join(f"localhost:{node.port}" for node in nodes),
                       "--pid", ",".join(str(node.process.pid) for node in nodes)]
            if arguments.ramp:
                command += ["--ramp", str(arguments.ramp)]
            if arguments.kill:
                command += ["--resume", "--sender-nodes", f"localhost:{nodes[0].port}"]
            flood = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
            # The fourth node has children in a tree of 23 nodes and more; the second one always has.
            doomed = nodes[3 if count >= 3 * CHILDREN + 2 else 1] if arguments.kill else None
            watcher = threading.Thread(target=watch, args=(flood, doomed), daemon=True)
            watcher.start()
            least = before
            while flood.poll() is None:
                least = min(least, available_memory())
                time.sleep(0.5)
            watcher.join(timeout=5)
            count -= 1 if arguments.kill else 0
            whole = status(arguments.binary, nodes[0])["nodes"]
            print(f"memory: {(before - least) / 1e9:.2f} GB at most, {(before - least) / arguments.clients:.0f} bytes for each "
                  f"client, both ends and the kernel together; {len(whole)} of {count} nodes in the tree at the end")
            log.seek(0)
            said = [line for line in log.read().decode(errors="replace").splitlines()
                    if not any(word in line for word in ("secret of this network",))]
            for line in said[:40]:
                print("log: " + line)
            # A process that is killed takes a while to close so many connections, and is silent meanwhile.
            is_missed = any("silent" in line and (not doomed or f":{doomed.port}:" not in line) for line in said)
            if is_missed:
                print("a heartbeat was missed")
            sys.exit(0 if flood.returncode == 0 and len(whole) == count and not is_missed else 1)
        finally:
            for node in nodes:
                node.process.kill()
            for node in nodes:
                node.process.wait()


if __name__ == "__main__":
    main()
