#!/usr/bin/env python3
"""What it costs to be watched: the same load with the admin port scraped every second, and without one, by turns.

    scrape.py [--repetitions N] [--seconds N] [--clients N] [--idle N] [--json]

First deliveries for each second of the node's CPU, with and without; then how long an answer to /metrics keeps the loop while 10,000
clients are connected, as the node itself measures it (`coppice_admin_scrape_seconds`). Ends with status 1 if more than 1 % is lost, or
if an answer takes 5 ms or more.
"""

import argparse
import json
import re
import statistics
import sys
import tempfile
import threading
import time
import urllib.request

import measure
import servers

LEAST_KEPT, LONGEST = 0.99, 0.005


class Scraper:
    """Asks for the metrics once a second, as Prometheus would do at its most frequent."""

    def __init__(self, port):
        self.port, self.ended, self.last, self.count = port, threading.Event(), "", 0
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def once(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
            self.last = answer.read().decode()
        self.count += 1

    def run(self):
        while not self.ended.wait(1):
            self.once()

    def end(self):
        self.ended.set()
        self.thread.join()


def start(admin):
    port, folder = servers.free_port(), tempfile.mkdtemp(prefix="coppice-bench-")
    flags = ["--admin", f"127.0.0.1:{admin}"] if admin else []
    return servers.Server("coppice", "coppice", servers.coppice(port, folder, flags=flags), port, measure.SERVER_CORE, folder)


def loaded(is_scraped, clients, seconds):
    admin = servers.free_port() if is_scraped else None
    server, scraper = start(admin), None
    try:
        scraper = Scraper(admin) if is_scraped else None
        report = measure.flood(server, clients=clients, window=256, seconds=seconds)
        if scraper and scraper.count < seconds - 2:
            raise measure.Failed(f"scraped {scraper.count} times only")
        return report["server"]["deliveriesPerCPUSecond"]
    finally:
        if scraper:
            scraper.end()
        server.end()


def answering(clients):
    """Seconds: the mean of 20 answers, and the bound of the histogram's bucket below which all of them lie."""
    admin = servers.free_port()
    server = start(admin)
    try:
        scraper = Scraper(admin)
        measure.flood(server, clients=clients, rate=1, seconds=20)
        scraper.end()
        scraper.once()
        value = lambda name: float(re.search(rf"^{re.escape(name)} (\S+)", scraper.last, re.MULTILINE)[1])
        count = value("coppice_admin_scrape_seconds_count")
        buckets = re.findall(r'^coppice_admin_scrape_seconds_bucket\{le="([^"]+)"\} (\S+)', scraper.last, re.MULTILINE)
        most = next(float(bound) for bound, below in buckets if float(below) >= count)
        return value("coppice_admin_scrape_seconds_sum") / count, most, int(count)
    finally:
        server.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repetitions", type=int, default=11)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--idle", type=int, default=10_000, help="clients that are connected while answers are timed")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found = {True: [], False: []}
    for _ in range(arguments.repetitions):
        for is_scraped in (True, False):
            found[is_scraped].append(loaded(is_scraped, arguments.clients, arguments.seconds))
    kept = statistics.median(scraped / alone for scraped, alone in zip(found[True], found[False]))
    mean, most, count = answering(arguments.idle)
    if arguments.json:
        print(json.dumps({"scraped": found[True], "alone": found[False], "kept": kept, "meanSeconds": mean, "mostSeconds": most}))
    else:
        print(f"{statistics.median(found[True]):,.0f} deliveries a CPU second while scraped, {statistics.median(found[False]):,.0f} "
              f"without: {kept:.3f}\n{count} answers with {arguments.idle} clients: {mean * 1000:.2f} ms on average, all within "
              f"{most * 1000:.1f} ms")
    return 0 if kept >= LEAST_KEPT and most <= LONGEST else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    finally:
        measure.Flood.end_all()
        servers.Server.end_all()
