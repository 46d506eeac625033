#!/usr/bin/env python3
"""Coppice beside other servers and beside what is possible at all, in one run: see docs/benchmarks.md.

    bench.py run   [--quick] [--repetitions N] [--only NAMES] [--minutes N]   everything; results go to bench/results/
    bench.py slow  [--seconds N]      a tenth of 1000 clients stops reading at full load
    bench.py soak  [--minutes N]      full load with churn: memory and descriptors stay
    bench.py show  FILE               the table and the picture of results once more
"""

import argparse
import datetime
import os
import signal
import statistics
import subprocess
import sys
import time

sys.dont_write_bytecode = True

import machine
import measure
import picture
import points
import results
import servers

HERE = os.path.dirname(os.path.abspath(__file__))


class Run:
    """The samples of a run, in the order in which they were taken."""

    def __init__(self, minutes):
        self.samples = []
        self.failures = []
        self.deadline = time.monotonic() + minutes * 60
        self.isTerminal = sys.stderr.isatty()

    def take(self, repetition, kind, point, server, measurement):
        text = f"{repetition + 1}: {kind} {point} {server}"
        if self.isTerminal:
            print(f"\r\033[K{text[:100]}", end="", file=sys.stderr, flush=True)
        try:
            values = measurement()
        except (measure.Failed, RuntimeError, subprocess.SubprocessError) as failure:
            self.failures.append(f"{text}: {failure}")
            print(f"{'' if not self.isTerminal else chr(13)}{text} failed: {failure}", file=sys.stderr, flush=True)
            return None
        self.samples.append({"repetition": repetition, "kind": kind, "point": point, "server": server} | values)
        if not self.isTerminal:
            shown = ", ".join(f"{key} {value:,.3g}" for key, value in values.items() if isinstance(value, (int, float)))
            print(f"{text}: {shown}", file=sys.stderr, flush=True)
        return values


def one_round(run, repetition, chosen, wanted, rates, quick):
    """Everything once, the servers in turn at each point."""
    for point in chosen:
        for name in points.EVERYBODY:
            if "capacity" in wanted and name in wanted["servers"]:
                seconds = min(point.seconds, 0.6) if quick else point.seconds
                run.take(repetition, "capacity", point.name, name, lambda: measure.capacity(name, point, seconds))
    if "latency" in wanted:
        for clients, seconds in points.LATENCY:
            rate = rates.setdefault(clients, half_of_the_slowest(run, clients))
            for name in points.EVERYBODY:
                if name in wanted["servers"]:
                    run.take(repetition, "latency", str(clients), name,
                             lambda: {"rate": rate} | measure.latency(name, clients, rate, 1.0 if quick else seconds))
    if "idle" in wanted:
        for clients in points.IDLE[:1] if quick else points.IDLE:
            for name in points.EVERYBODY:
                if name in wanted["servers"]:
                    run.take(repetition, "idle", str(clients), name, lambda: measure.idle(name, clients))
    if "hops" in wanted:
        for system in ("coppice", "nats"):
            if system in wanted["servers"]:
                run.take(repetition, "hops", "100", system,
                         lambda: measure.hops(system, 100, 256, 500, 0.5 if quick else 0.8))
    if "generator" in wanted:
        point = next(point for point in points.CAPACITY if point.name == "1000-256")
        for name, by in (("flood", measure.capacity), ("generator", measure.generator)):
            run.take(repetition, "generator", point.name, name,
                     lambda: by("bound_jansson", point, 0.6 if quick else 1.0))


def half_of_the_slowest(run, clients):
    """Messages a second, of which each peer can take at least twice as many: told by the points with a few under way."""
    name = {100: "100", 1000: "1000-16"}[clients]
    known = [sample["perSecond"] for sample in run.samples
             if sample["kind"] == "capacity" and sample["server"] in points.PEERS
             and sample["point"] in (name, "1000-1" if clients == 1000 else name)]
    return max(1, round(min(known) / 2 / clients)) if known else {100: 500, 1000: 40}[clients]


def run_all(arguments):
    wanted = {"capacity", "latency", "idle", "hops", "slow", "generator"}
    if arguments.only:
        unknown = set(arguments.only.split(",")) - wanted
        if unknown:
            sys.exit(f"--only knows {', '.join(sorted(wanted))}, and not {', '.join(sorted(unknown))}")
        wanted = set(arguments.only.split(","))
    names = arguments.servers.split(",") if arguments.servers else points.EVERYBODY
    available = []
    for name in names:
        try:
            probe = servers.start(name, measure.SERVER_CORE)
            probe.end()
            available.append(name)
        except servers.Missing as missing:
            print(f"{name} is left out: there is no {missing}. make bench-deps installs what is missing.", file=sys.stderr)
    wanted = {kind: True for kind in wanted} | {"servers": available}
    quick = arguments.quick
    chosen = points.QUICK if quick else points.CAPACITY
    repetitions = arguments.repetitions or (2 if quick else 5)
    run = Run(arguments.minutes)
    rates = {}
    longest = 0
    for repetition in range(repetitions):
        began = time.monotonic()
        if repetition > 0 and began + longest > run.deadline:
            print(f"the time is up after {repetition} of {repetitions} repetitions", file=sys.stderr)
            break
        one_round(run, repetition, chosen, wanted, rates, quick)
        longest = max(longest, time.monotonic() - began)
    if "slow" in wanted:
        for name in ("coppice",):
            run.take(0, "slow", "1000", name, lambda: measure.slow(name, 5 if quick else 30))
    if run.isTerminal:
        print("\r\033[K", end="", file=sys.stderr)
    record = {"date": datetime.date.today().isoformat(), "quick": quick, "machine": machine.describe(),
              "versions": servers.versions(), "failures": run.failures, "samples": run.samples}
    path = results.save(record, arguments.output or os.path.join(HERE, "results"))
    print(results.table(record))
    print(f"saved as {os.path.relpath(path)}")
    if not quick and not arguments.only and not arguments.servers:
        picture.draw(record, os.path.join(servers.ROOT, "docs/bench.svg"))
    return 1 if run.failures else 0


def run_latency(arguments):
    """At fixed rates that every server can take, with real-time priority where that is allowed: what else runs on the machine
    doesn't count then, only how long a server's turn is."""
    real = ["chrt", "-f", "10"]
    if subprocess.run(real + ["true"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
        servers.PRIORITY[:] = real
    names = ["coppice"] + (arguments.servers or "nats,redis,mosquitto,bound_jansson,bound_uv").split(",")
    run = Run(60)
    for repetition in range(arguments.repetitions):
        for clients, rate, seconds in points.FIXED_RATES:
            for name in names:
                # mosquitto can't take so much.
                if (name, clients) != ("mosquitto", 10_000):
                    run.take(repetition, "latency", str(clients), name,
                             lambda: {"rate": rate} | measure.latency(name, clients, rate, seconds))
    if run.isTerminal:
        print("\r\033[K", end="", file=sys.stderr)
    print(f"{'with' if servers.PRIORITY else 'WITHOUT'} real-time priority\n"
          + results.latency_text({"samples": run.samples}, names))
    return 1 if run.failures else 0


def run_linked(arguments):
    run = Run(60)
    for repetition in range(arguments.repetitions):
        for clients, window in points.LINKED:
            run.take(repetition, "linked", str(clients), "coppice", lambda: measure.linked(clients, window, 1.0))
    if run.isTerminal:
        print("\r\033[K", end="", file=sys.stderr)
    print(results.linked_text({"samples": run.samples}))
    return 1 if run.failures else 0


def run_slow(arguments):
    run = Run(60)
    for name in ["coppice"] + [peer for peer in points.PEERS if peer in (arguments.servers or "").split(",")]:
        values = run.take(0, "slow", "1000", name, lambda: measure.slow(name, arguments.seconds))
        if values and name == "coppice":
            coppice = values
    print(results.slow_text(run.samples))
    if run.failures:
        return 1
    good = coppice["p99Ratio"] <= 1.5 and coppice["othersClosed"] == 0
    return 0 if good else 1


def run_soak(arguments):
    """Full load with churn for minutes; memory is looked at over the last half, descriptors at the end. What the node keeps for
    others to catch up with is bounded to what even a busy machine fills in the first half."""
    server = servers.start("coppice", measure.SERVER_CORE, flags=["--retention-bytes", str(32 << 20)])
    try:
        descriptors = lambda: len(os.listdir(f"/proc/{server.pid}/fd"))
        # The first connection, that of the wait for its start, is closed within 2 s.
        time.sleep(3)
        before = descriptors()
        seconds = arguments.minutes * 60
        report = measure.flood(server, clients=1000, senders=10, window=64, seconds=seconds, timeout=seconds + 120,
                               more=["--churn", "20"], may_be_wrong=True)
        resident = [interval["resident"] for interval in report["intervals"] if interval["resident"]]
        half = resident[len(resident) // 2:]
        spread = (max(half) - min(half)) / statistics.median(half)
        time.sleep(4)
        left = descriptors() - before
        print(f"{report['deliveries']:,} deliveries in {report['seconds']:.0f} s, {report['reconnections']:,} reconnections\n"
              f"{report['faults']}, {report['closedByServer']} closed by the server\n"
              f"resident memory in the last half: {min(half) / 1e6:.1f} to {max(half) / 1e6:.1f} MB, {spread:.1%} apart\n"
              f"descriptors left over: {left}")
        return 0 if report["verdict"] == "right" and spread <= 0.02 and left <= 0 else 1
    finally:
        server.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words = parser.add_subparsers(dest="word", required=True)
    word = words.add_parser("run")
    word.add_argument("--quick", action="store_true", help="fewer points, two short repetitions")
    word.add_argument("--repetitions", type=int)
    word.add_argument("--minutes", type=float, default=18.5, help="no further repetition begins that wouldn't end in time")
    word.add_argument("--only", help="kinds of points, comma separated")
    word.add_argument("--servers", help="servers, comma separated")
    word.add_argument("--output", help="folder for the results")
    word.set_defaults(call=run_all)
    word = words.add_parser("slow")
    word.add_argument("--seconds", type=float, default=30)
    word.add_argument("--servers", help="peers to be measured as well, comma separated")
    word.set_defaults(call=run_slow)
    word = words.add_parser("latency")
    word.add_argument("--repetitions", type=int, default=5)
    word.add_argument("--servers", help="who else is measured, comma separated")
    word.set_defaults(call=run_latency)
    word = words.add_parser("linked")
    word.add_argument("--repetitions", type=int, default=5)
    word.set_defaults(call=run_linked)
    word = words.add_parser("soak")
    word.add_argument("--minutes", type=float, default=10)
    word.set_defaults(call=run_soak)
    word = words.add_parser("show")
    word.add_argument("file")
    word.add_argument("--picture", default=os.path.join(servers.ROOT, "docs/bench.svg"))
    word.set_defaults(call=lambda arguments: results.show(arguments.file, arguments.picture))
    arguments = parser.parse_args()

    def interrupted(number, frame):
        raise KeyboardInterrupt
    signal.signal(signal.SIGTERM, interrupted)
    try:
        return arguments.call(arguments)
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130
    finally:
        measure.Flood.end_all()
        servers.Server.end_all()


if __name__ == "__main__":
    sys.exit(main())
