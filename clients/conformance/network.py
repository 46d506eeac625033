"""A network of real nodes, and the fronts through which clients reach them.

Each client has a front for every node: a port of the runner that leads to the node. So the runner sees each line before the client
does, can hold lines back, cut connections, and lead a client elsewhere. What nodes say about addresses is turned into fronts.
"""

import asyncio
import ctypes
import json
import os
import re
import signal
import socket
from typing import Any, Dict, List, Optional, Set

SECRET = "conformance"
os.environ["COPPICE_INSECURE_FLAGS"] = "1"
START = 60.0
"""Seconds that a node may take to start, on a busy machine."""
LINE = 1 << 18
"""The longest line that passes a front."""


class Node:
    def __init__(self, program: str, name: str, flags: List[str], folder: str) -> None:
        self.name = name
        self.port = 0
        self._program, self._flags, self._folder = program, flags, folder
        self._process: Optional[asyncio.subprocess.Process] = None

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self, parent: Optional["Node"]) -> None:
        """Starts the node at a port that is free, and returns when it serves."""
        under = ["-rh", "localhost", "-rp", str(parent.port), "-s", SECRET] if parent else []
        # Redirects come where a scenario asks for them.
        redirects = [] if "--redirect-gap" in self._flags else ["--redirect-gap", "0"]
        log = open(os.path.join(self._folder, f"{self.name}.log"), "a")
        self._process = await asyncio.create_subprocess_exec(
            self._program, "node", "-lp", "0", "-ms", SECRET, "--memory", "--clock", "none", "--name", self.name,
            *under, *redirects, *self._flags, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=log,
            cwd=self._folder, start_new_session=True, preexec_fn=_die_with_the_runner)
        log.close()
        assert self._process.stdout
        line = (await asyncio.wait_for(self._process.stdout.readline(), START)).decode()
        found = re.search(r"listening on .*:(\d+)", line)
        if not found:
            raise RuntimeError(f"node {self.name} didn't start: {line!r}; its log is in {self._folder}")
        self.port = int(found.group(1))

    def signal(self, number: int) -> None:
        if self.runs:
            assert self._process
            self._process.send_signal(number)

    async def end(self, number: int) -> None:
        self.signal(number)
        # One that stands still takes SIGTERM when it goes on; SIGKILL comes first, so that it does nothing any more.
        self.signal(signal.SIGCONT)
        if self._process:
            await self._process.wait()

    async def status(self) -> Dict[str, Any]:
        """What the node says about the tree."""
        reader, writer = await asyncio.open_connection("localhost", self.port, limit=1 << 24)
        try:
            writer.write(json.dumps({"command": "STATUS", "secret": SECRET}).encode() + b"\n")
            answer: Dict[str, Any] = json.loads(await reader.readline())
            return answer
        finally:
            writer.close()


def _die_with_the_runner() -> None:
    """A runner that is killed leaves no nodes behind (Linux)."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


class Front:
    """One port of one client, which leads to a node."""

    def __init__(self, network: "Network", watcher: "Watcher", node: str) -> None:
        self._network, self._watcher = network, watcher
        self.node = node
        self.port = 0
        self._server: Optional[asyncio.AbstractServer] = None

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=LINE)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        if self._server:
            self._server.close()

    async def _serve(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._carry(from_client, to_client))
        self._watcher.tasks.add(task)
        try:
            await asyncio.wait([task])
        finally:
            task.cancel()
            self._watcher.tasks.discard(task)
            # A reset, as when a machine is lost.
            to_client.transport.abort()

    async def _carry(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        node = self._network.nodes[self.node]
        if self._watcher.is_away or not node.runs:
            return
        # Little fits in between, so that a node notices a client that doesn't read.
        to_client.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LINE)
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LINE)
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", node.port))
        from_node, to_node = await asyncio.open_connection(sock=connection, limit=LINE)
        up = asyncio.ensure_future(self._up(from_client, to_node))
        down = asyncio.ensure_future(self._down(from_node, to_client))
        try:
            await asyncio.wait([up, down], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (up, down):
                task.cancel()
            await asyncio.gather(up, down, return_exceptions=True)
            # What the client has said is passed on, as TCP would do it.
            to_node.close()

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async for line in reader:
            self._watcher.client_says(json.loads(line))
            if writer.transport.is_closing():
                return
            writer.write(line)
            await writer.drain()

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async for line in reader:
            await self._watcher.passing.wait()
            message = json.loads(line)
            # First noted, then passed on: what the client does about it comes later.
            self._watcher.node_says(message, self.node)
            if self._network.turn_into_fronts(message, self._watcher):
                line = json.dumps(message).encode() + b"\n"
            if writer.transport.is_closing():
                return
            writer.write(line)
            await writer.drain()


class Watcher:
    """What passes between one client and its nodes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.fronts: Dict[str, Front] = {}
        self.tasks: Set["asyncio.Task[None]"] = set()
        self.passing = asyncio.Event()
        self.passing.set()
        self.is_away = False
        """The client reaches no node."""
        self.echoed = 0
        """The greatest own message that was passed to the client."""
        self.sent = 0
        """The greatest own message that the client has sent."""
        self.at: Optional[str] = None
        """The node at which the client logged in last."""

    def client_says(self, message: Dict[str, Any]) -> None:
        if message["command"] == "ACTIVITY_MESSAGE":
            self.sent = max(self.sent, message["activity"]["n"])

    def node_says(self, message: Dict[str, Any], node: str) -> None:
        if message["command"] == "LOGIN_SUCCESS":
            self.at = node
        elif message["command"] == "ACTIVITY_BROADCAST" and message["activity"].get("by") == self.name:
            self.echoed = max(self.echoed, message["activity"]["n"])

    def cut(self) -> None:
        for task in self.tasks:
            task.cancel()


class Network:
    def __init__(self, program: str, folder: str) -> None:
        self._program, self._folder = program, folder
        self.nodes: Dict[str, Node] = {}
        self.watchers: Dict[str, Watcher] = {}

    async def start(self, name: str, under: Optional[str], flags: List[str]) -> None:
        self.nodes[name] = Node(self._program, name, flags, self._folder)
        await self.nodes[name].start(self.nodes[under] if under else None)

    async def watch(self, client: str) -> Watcher:
        watcher = self.watchers[client] = Watcher(client)
        for node in self.nodes:
            watcher.fronts[node] = Front(self, watcher, node)
            await watcher.fronts[node].open()
        return watcher

    def turn_into_fronts(self, message: Dict[str, Any], watcher: Watcher) -> bool:
        """Returns whether the message had addresses."""
        if message["command"] == "REDIRECT":
            places = [message]
        else:
            places = message.get("servers") or []
        for place in places:
            for node in self.nodes.values():
                if node.port == int(place["port"]):
                    place["port"] = watcher.fronts[node.name].port
                    break
        return bool(places)

    async def is_whole(self) -> bool:
        """Whether all nodes that run are one tree."""
        running = [node for node in self.nodes.values() if node.runs]
        try:
            status = await asyncio.wait_for(running[0].status(), 5)
        except (OSError, ValueError, asyncio.TimeoutError):
            return False
        return bool(status.get("complete")) and {node["port"] for node in status["nodes"]} == {node.port for node in running}

    async def knows_itself(self) -> bool:
        """Whether every node tells its clients of all others."""
        running = [node for node in self.nodes.values() if node.runs]
        for node in running:
            reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
            writer.write(b'{"command":"LOGIN","username":"anonymous"}\n')
            told = {int(server["port"]) for server in json.loads(await reader.readline()).get("servers", [])}
            writer.close()
            if not told >= {other.port for other in running if other is not node}:
                return False
        return True

    async def end(self) -> None:
        for watcher in self.watchers.values():
            for front in watcher.fronts.values():
                front.close()
            watcher.cut()
        await asyncio.gather(*(node.end(signal.SIGKILL) for node in self.nodes.values()))
