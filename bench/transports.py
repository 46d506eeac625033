#!/usr/bin/env python3
"""What TLS and WebSocket cost: the same load over each transport, beside nats-server and beside C programs, in turns.

    transports.py [--repetitions N] [--only tcp,tls,websocket,wss] [--clients N,N] [--quick] [--json]

For each point and each server: deliveries for each second of the server's CPU, logins for each second of it, and resident memory of a
connection at rest. Prints the medians, and the medians of the ratios that were taken within one repetition.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

import measure
import servers

# Clients, messages under way, seconds.
POINTS = {1000: (256, 1.0), 10_000: (64, 1.5)}


def coppice(port, folder, kind):
    return servers.coppice(port, folder, flags=["--tls-cert", f"{folder}/node.pem", "--tls-key", f"{folder}/node.key"])


def nats(port, folder, kind):
    keys = f'cert_file: "{folder}/node.pem", key_file: "{folder}/node.key"'
    # The port that is measured is the one of the transport.
    plain, extra = port, ""
    if kind in ("websocket", "wss"):
        plain = servers.free_port()
        security = f"tls {{ {keys} }}" if kind == "wss" else "no_tls: true"
        extra = f'websocket {{ host: "127.0.0.1", port: {port}, {security}, compression: false }}'
    text = f'host: 127.0.0.1\nport: {plain}\nmax_connections: 100000\nmax_pending: 1073741824\nwrite_deadline: "60s"\n{extra}\n'
    return [servers.find("nats-server"), "-c", servers.write(folder, "nats.conf", text)]


def bound(port, folder, kind):
    if kind == "tls":
        return servers.bound("bound_tls")(port, folder) + [f"{folder}/node.pem", f"{folder}/node.key"]
    return servers.bound("bound_websocket" if kind == "websocket" else "bound_uv")(port, folder)


# Each with its protocol, its command and the transports that it speaks. A client of nats-server begins in clear and changes to TLS
# later, which the flooder doesn't do, so its TLS is measured through a WebSocket.
SERVERS = {"coppice": ("coppice", coppice, ("tcp", "tls", "websocket", "wss")), "nats": ("nats", nats, ("tcp", "websocket", "wss")),
           "bound": ("coppice", bound, ("tcp", "tls", "websocket"))}


def run(name, kind, **load):
    protocol, command, _ = SERVERS[name]
    folder = tempfile.mkdtemp(prefix="coppice-bench-")
    subprocess.run([servers.COPPICE, "certificate", "--for", "localhost", "--folder", folder], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    port = servers.free_port()
    server = servers.Server(name, protocol, command(port, folder, kind), port, measure.SERVER_CORE, folder)
    tls = ["--tls", "--ca", f"{folder}/authority.pem"]
    more = {"tcp": [], "tls": tls, "websocket": ["--websocket"], "wss": ["--websocket"] + tls}[kind]
    wait_for_calm(server.pid)
    try:
        report = measure.flood(server, more=more, **load)
    finally:
        server.end()
    of_server = report["server"]
    return {"perCPUSecond": of_server["deliveriesPerCPUSecond"], "loginsPerCPUSecond": of_server.get("loginsPerCPUSecond", 0),
            "bytesPerConnection": of_server["bytesPerConnection"]}


def wait_for_calm(pid):
    """Waits until the server's memory stands still: what it needed for its start would be taken off that of the connections."""
    last, still = None, 0
    while still < 4:
        with open(f"/proc/{pid}/statm") as file:
            now = int(file.read().split()[1])
        still = still + 1 if now == last else 0
        last = now
        time.sleep(0.05)


def median(values):
    return statistics.median(values) if values else float("nan")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--only", default="tcp,tls,websocket,wss", help="transports")
    parser.add_argument("--clients", default=",".join(map(str, POINTS)))
    parser.add_argument("--quick", action="store_true", help="shorter runs, two repetitions")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    kinds = arguments.only.split(",")
    repetitions = 2 if arguments.quick else arguments.repetitions
    samples = {}
    for repetition in range(repetitions):
        for clients in map(int, arguments.clients.split(",")):
            window, seconds = POINTS[clients]
            if arguments.quick:
                seconds = 0.6
            for kind in kinds:
                for name, (_, _, spoken) in SERVERS.items():
                    if kind not in spoken:
                        continue
                    try:
                        found = run(name, kind, clients=clients, window=window, seconds=seconds)
                    except servers.Missing as missing:
                        print(f"{name} is left out: there is no {missing}", file=sys.stderr)
                        continue
                    except (measure.Failed, RuntimeError) as failure:
                        print(f"{repetition + 1}: {clients} {kind} {name} failed: {failure}", file=sys.stderr)
                        continue
                    samples.setdefault((clients, kind, name), {})[repetition] = found
                    print(f"{repetition + 1}: {clients} {kind} {name}: {found['perCPUSecond'] / 1e6:.3f} million deliveries and "
                          f"{found['loginsPerCPUSecond']:.0f} logins a CPU second, {found['bytesPerConnection']:.0f} bytes a connection",
                          file=sys.stderr, flush=True)

    def ratios(clients, kind, name, other_kind, other, key="perCPUSecond"):
        mine, others = samples.get((clients, kind, name), {}), samples.get((clients, other_kind, other), {})
        return [mine[at][key] / others[at][key] for at in mine if at in others and others[at][key]]

    rows = []
    for clients, kind, name in samples:
        taken = samples[clients, kind, name].values()
        row = {"clients": clients, "transport": kind, "server": name}
        row |= {key: median([one[key] for one in taken]) for key in ("perCPUSecond", "loginsPerCPUSecond", "bytesPerConnection")}
        if name == "coppice":
            row["ofTCP"] = median(ratios(clients, kind, name, "tcp", "coppice"))
            row["ofNATS"] = median(ratios(clients, kind, name, kind, "nats"))
            row["ofBound"] = median(ratios(clients, kind, name, kind, "bound"))
            row["loginsOfNATS"] = median(ratios(clients, kind, name, kind, "nats", "loginsPerCPUSecond"))
            row["loginsOfBound"] = median(ratios(clients, kind, name, kind, "bound", "loginsPerCPUSecond"))
        rows.append(row)
    if arguments.json:
        print(json.dumps(rows))
        return
    print(f"{'clients':>7}  {'transport':9}  {'server':8} {'Mdeliveries/CPU s':>17} {'logins/CPU s':>12} {'bytes each':>10}   "
          f"{'of TCP':>6} {'of nats':>7} {'of C':>5} {'logins: of nats':>15} {'of C':>5}")
    for row in rows:
        line = (f"{row['clients']:7}  {row['transport']:9}  {row['server']:8} {row['perCPUSecond'] / 1e6:17.3f} "
                f"{row['loginsPerCPUSecond']:12.0f} {row['bytesPerConnection']:10.0f}")
        if row["server"] == "coppice":
            line += (f"   {row['ofTCP']:6.2f} {row['ofNATS']:7.2f} {row['ofBound']:5.2f} {row['loginsOfNATS']:15.2f} "
                     f"{row['loginsOfBound']:5.2f}")
        print(line)


if __name__ == "__main__":
    main()
