#!/usr/bin/env python3
"""Where clients are sent while a node is full, leaves or dies: real nodes, clients that follow what they are told.

    redirects.py [--binary PATH] [--clients N]

Full: N clients come to the four nodes of a tree within a second, of which one takes an eighth of N; after that, six newcomers run
`coppice client` at the full node. Gone: a chain of three whose last node is empty leaves, or is killed, while ten newcomers a second
come to the first one. Ends with status 1 if not everybody gets in, somebody is redirected more than once for one login, or
newcomers are sent to a node for more than a second after it has gone.
"""

import argparse
import asyncio
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time

import servers

SECRET = "redirects"
# It is nobody's, so it may stand in flags.
os.environ["COPPICE_INSECURE_FLAGS"] = "1"
FULL_SECONDS = 25
NEWCOMER_SECONDS = 8
GONE_SECONDS = 20
LONGEST_SENT_THERE = 1.0
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0


class Node:
    running = []

    def __init__(self, binary, parent=None, flags=()):
        self.log = tempfile.NamedTemporaryFile(prefix="redirects", suffix=".log")
        command = [binary, "node", "-lp", "0", "-lh", "localhost", "--memory", "--clock", "none", "--trust-loopback", "-ms", SECRET, *flags]
        if parent:
            command += ["-rh", "localhost", "-rp", str(parent.port), "-s", SECRET]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, stdin=subprocess.DEVNULL)
        first = self.process.stdout.readline().decode()
        if "listening on" not in first:
            raise RuntimeError(f"{' '.join(command)} says: {first!r}")
        self.port = int(first.rsplit(":", 1)[1])
        Node.running.append(self)

    def end(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        self.process.wait()
        if self in Node.running:
            Node.running.remove(self)


class Client:
    """Logs in, and follows what it is told until it has been let in and not sent on."""

    def __init__(self, home):
        self.home = self.port = home
        self.logins = self.redirects = self.refusals = self.most_redirects = 0
        self.writer = None
        self.moved_at = None
        self.sent_to = []

    async def come_in(self, stays=0.3):
        in_a_row = redirects = 0
        while True:
            told = await self.try_once(stays)
            if told is None:
                return
            if told.get("command") == "REDIRECT":
                self.redirects += 1
                redirects += 1
                self.most_redirects = max(self.most_redirects, redirects)
                self.moved_at = time.monotonic()
                self.port = int(told["port"])
                self.sent_to.append((self.moved_at, self.port))
                continue
            in_a_row += 1
            redirects = 0
            others = [server["port"] for server in told.get("servers", []) if server["port"] != self.port]
            self.port = random.choice(others) if others else self.home
            longest = min(FIRST_PAUSE * 2 ** min(in_a_row - 1, 10), LONGEST_PAUSE)
            await asyncio.sleep(random.uniform(longest / 2, longest))

    async def try_once(self, stays):
        """What it is told that sends it elsewhere; None if it may stay."""
        try:
            reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return {}
        login = {"command": "LOGIN", "username": "anonymous"}
        if self.moved_at and time.monotonic() < self.moved_at + 60:
            login["redirected"] = True
        try:
            self.writer.write(json.dumps(login).encode() + b"\n")
            message = json.loads(await reader.readline() or b"{}")
            if message.get("command") == "LOGIN_SUCCESS":
                self.logins += 1
                try:
                    message = json.loads(await asyncio.wait_for(reader.readline(), stays) or b"{}")
                except asyncio.TimeoutError:
                    return None
        except (OSError, ValueError):
            message = {}
        if message.get("command") != "REDIRECT":
            self.refusals += 1
        self.close()
        return message

    def close(self):
        if self.writer:
            self.writer.close()
            self.writer = None


async def crowd(nodes, count):
    clients = [Client(nodes[index % len(nodes)].port) for index in range(count)]
    begun = time.monotonic()

    async def come(index, client):
        await asyncio.sleep(index / count)
        await client.come_in(stays=2)

    tasks = [asyncio.create_task(come(index, client)) for index, client in enumerate(clients)]
    done, pending = await asyncio.wait(tasks, timeout=FULL_SECONDS)
    seconds = time.monotonic() - begun
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    return clients, len(pending), seconds


async def full(binary, count):
    room = count // 8
    root = Node(binary)
    nodes = [root] + [Node(binary, root, ["--max-clients", str(room)] if index == 0 else []) for index in range(3)]
    await asyncio.sleep(1.5)
    clients, outside, seconds = await crowd(nodes, count)
    print(f"{count} clients at four nodes, one with room for {room}:")
    print(f"  in after {seconds:.1f} s, {outside} of them never" if outside else f"  all in after {seconds - 2:.1f} s")
    print(f"  logins {sum(client.logins for client in clients)}, at most {max(client.logins for client in clients)} of one client")
    print(f"  redirects {sum(client.redirects for client in clients)}, at most "
          f"{max(client.most_redirects for client in clients)} for one login")
    print(f"  turned away {sum(client.refusals for client in clients)} times, one client at most "
          f"{max(client.refusals for client in clients)} times")
    await asyncio.sleep(6)
    inside, slowest = 0, 0.0
    for _ in range(6):
        begun = time.monotonic()
        program = await asyncio.create_subprocess_exec(
            binary, "client", "-rh", "localhost", "-rp", str(nodes[1].port), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        try:
            await asyncio.wait_for(program.communicate(b""), NEWCOMER_SECONDS)
            inside += program.returncode == 0
        except asyncio.TimeoutError:
            program.kill()
            await program.wait()
        slowest = max(slowest, time.monotonic() - begun)
    print(f"  at rest, `coppice client` at the full node: {inside} of 6 get in, the slowest ends after {slowest:.1f} s")
    most = max(client.most_redirects for client in clients)
    for client in clients:
        client.close()
    for node in reversed(nodes):
        node.end()
    return outside == 0 and inside == 6 and most <= 1


async def gone(binary, number, how):
    first = Node(binary)
    second = Node(binary, first)
    flock = [Client(node.port) for node in (first, second) for _ in range(40)]
    await asyncio.gather(*(client.come_in() for client in flock))
    third = Node(binary, second)
    # Nodes to which some of these clients were sent send nobody without a name on for 10 s.
    await asyncio.sleep(12)
    newcomers = [Client(first.port) for _ in range(GONE_SECONDS * 10)]
    before = [Client(first.port) for _ in range(5)]
    for client in before:
        await client.come_in()
    was_target = sum(client.port == third.port for client in before)
    went = time.monotonic()
    third.process.send_signal(number)
    tasks = []
    for client in newcomers:
        tasks.append(asyncio.create_task(client.come_in(stays=0.2)))
        await asyncio.sleep(0.1)
    await asyncio.wait(tasks, timeout=5)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    times = [at - went for client in newcomers for at, port in client.sent_to if port == third.port]
    print(f"an empty node two links away {how}; before, {was_target} of 5 newcomers were sent there:")
    print(f"  {len(times)} are sent there afterwards" + (f", the last one {max(times):.1f} s after" if times else ""))
    for client in flock + before + newcomers:
        client.close()
    for node in (third, second, first):
        node.end()
    return was_target > 0 and max(times, default=0) <= LONGEST_SENT_THERE


async def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--binary", default=servers.COPPICE)
    options.add_argument("--clients", type=int, default=4000)
    options = options.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < options.clients + 200:
        sys.exit(f"redirects.py: {options.clients} clients need {options.clients + 200} descriptors: raise `ulimit -Hn`, now {hard}")
    try:
        results = [await full(options.binary, options.clients), await gone(options.binary, signal.SIGTERM, "leaves"),
                   await gone(options.binary, signal.SIGKILL, "is killed")]
    finally:
        for node in list(Node.running):
            node.end()
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
