#!/usr/bin/env python3
"""What encryption costs a link: how much a child takes from its parent, encrypted and in clear, by turns.

    links.py [--repetitions N] [--seconds N] [--payload BYTES] [--json]

The parent runs on one core, the child and the generator on the other one. Everything is said at the parent and heard by one client
at the child, so all of it passes the link. Prints medians, and the ratio of encrypted to clear; ends with status 1 if that is below
0.7. Two nodes of Coppice encrypt their link even where `--plain-links` is given. So for the clear one something that doesn't speak
TLS answers the child first, at the parent's port, which the child then remembers for a while.
"""

import argparse
import json
import socket
import statistics
import sys
import tempfile
import threading

import measure
import servers

PARENT_CORE, CHILD_CORE = measure.SERVER_CORE, measure.FLOOD_CORE
LEAST_KEPT = 0.7


def start(port, core, parent=None):
    folder = tempfile.mkdtemp(prefix="coppice-bench-")
    return servers.Server("coppice", "coppice", servers.coppice(port, folder, parent, ["--plain-links"]), port, core, folder)


def decoy():
    """Something on a free port that answers the first connection in clear. Returns the port, and what to call when somebody came."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(8)
    listener.settimeout(10)

    def answer():
        connection, _ = listener.accept()
        connection.recv(4096)
        connection.sendall(b"no TLS here\n")
        connection.close()
        listener.close()

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    return listener.getsockname()[1], thread


def is_encrypted(parent, child):
    """Whether the link is: everything that is connected to the parent but from outside is the child."""
    out = measure.Flood.run([servers.COPPICE, "tree", "-rp", str(child.port), "-s", servers.SECRET], 20)[1]
    if str(parent.port) not in out:
        raise measure.Failed(f"no link: {out}")
    return "in clear" not in out


def link(encrypted, seconds, payload):
    """Messages' bytes a second over one link, and the CPU seconds of both nodes for each GB."""
    if encrypted:
        parent = start(servers.free_port(), PARENT_CORE)
        child = start(servers.free_port(), CHILD_CORE, parent.port)
    else:
        port, answered = decoy()
        child = start(servers.free_port(), CHILD_CORE, port)
        answered.join(15)
        parent = start(port, PARENT_CORE)
    try:
        group = [parent, child]
        measure.settle(group)
        if is_encrypted(parent, child) != encrypted:
            raise measure.Failed(f"the link is {'in clear' if encrypted else 'encrypted'}")
        report = measure.flood(child, clients=1, senders=1, window=512, seconds=seconds, payload=payload,
                               sender_nodes=parent.address, pids=[server.pid for server in group])
        moved = report["deliveriesPerSecond"] * payload
        return {"bytesPerSecond": moved, "perSecond": report["deliveriesPerSecond"],
                "bytesPerCPUSecond": report["server"]["deliveriesPerCPUSecond"] * payload}
    finally:
        for server in (child, parent):
            server.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--payload", type=int, default=4096)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found = {True: [], False: []}
    for _ in range(arguments.repetitions):
        for encrypted in (True, False):
            found[encrypted].append(link(encrypted, arguments.seconds, arguments.payload))
    median = {key: {name: statistics.median(run[name] for run in runs) for name in runs[0]} for key, runs in found.items()}
    kept = {name: median[True][name] / median[False][name] for name in median[True]}
    if arguments.json:
        print(json.dumps({"encrypted": median[True], "clear": median[False], "kept": kept}))
    else:
        for key, words in ((True, "encrypted"), (False, "in clear")):
            print(f"{words:10} {median[key]['bytesPerSecond'] / 1e6:7.1f} MB/s, {median[key]['perSecond']:,.0f} messages a second, "
                  f"{median[key]['bytesPerCPUSecond'] / 1e6:.0f} MB for a CPU second of both nodes")
        print(f"kept       {kept['bytesPerSecond']:.2f} of the throughput, {kept['bytesPerCPUSecond']:.2f} for a CPU second")
    return 0 if kept["bytesPerSecond"] >= LEAST_KEPT else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    finally:
        measure.Flood.end_all()
        servers.Server.end_all()
