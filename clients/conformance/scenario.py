"""Plays one scenario: what is done, and what has to be observed (README.md describes the words)."""

import asyncio
import random
import signal
from typing import Any, Awaitable, Callable, Dict, List, Optional

from network import Network
from participant import Fault, Participant

PATIENCE = 60.0
"""Seconds without anything new after which what is awaited won't come, on a busy machine."""
RECEIPT_ON_ITS_WAY = 1.0
"""Seconds that a library's process may take to tell of a receipt, on a busy machine."""
LOGIN_AGAIN = 3.0
"""Seconds after which clients log in again that wait for a redirect."""


class Play:
    def __init__(self, scenario: Dict[str, Any], network: Network, libraries: List[Any], kills: Optional[int] = None) -> None:
        self._scenario, self._network, self._kills = scenario, network, kills
        self._libraries = libraries
        self._participants: Dict[str, Participant] = {}
        self._changed = asyncio.Event()

    async def run(self) -> None:
        try:
            for name, node in self._scenario["nodes"].items():
                await self._network.start(name, node.get("under"), node.get("flags", []))
            if not self._scenario.get("apart"):
                await self._whole(True)
                await self._poll(self._network.knows_itself, "the nodes to know of each other")
            for name, client in self._scenario["clients"].items():
                await self._prepare(name)
                if not client.get("later"):
                    await self._connect(name)
            for step in self._scenario["steps"]:
                (word, value), *rest = step.items()
                await getattr(self, "_" + word.replace(" ", "_"))(value, **dict(rest))
            await self._all_seen()
            self._check_gaps()
        finally:
            await asyncio.gather(*(participant.end() for participant in self._participants.values()))
            await self._network.end()

    # Participants

    async def _prepare(self, name: str) -> None:
        is_web = self._scenario["clients"][name].get("web", False)
        libraries = [library for library in self._libraries if library.speaks_web or not is_web]
        library = libraries[len(self._participants) % len(libraries)]
        participant = Participant(name, library.name, await self._network.watch(name))
        self._participants[name] = participant
        await participant.start(library.command, self._changed)

    async def _connect(self, name: str) -> None:
        participant, client = self._participants[name], self._scenario["clients"][name]
        if client.get("authority") or client.get("web"):
            # The fronts look into neither TLS nor WebSocket: this client is at the nodes themselves.
            participant.watcher.fronts.clear()
            servers = [f"localhost:{self._network.nodes[node].port}" for node in client["at"]]
        else:
            servers = [f"localhost:{participant.watcher.fronts[node].port}" for node in client["at"]]
        participant.baseline = {other.name: other.said for other in self._participants.values()}
        fields = {key: client[key] for key in ("username", "secret", "register", "limits", "authority", "web") if key in client}
        participant.tell({"do": "connect", "servers": servers, **fields})
        await self._until(lambda: participant.is_connected, f"{participant.title} to log in")

    async def _until(self, holds: Callable[[], bool], what: str) -> None:
        """Waits for as long as something new comes."""
        while True:
            for participant in self._participants.values():
                if participant.failure:
                    raise Fault(participant.failure)
            if holds():
                return
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), PATIENCE)
            except asyncio.TimeoutError:
                raise Fault(f"waited in vain for {what}") from None

    async def _poll(self, holds: Callable[[], Awaitable[bool]], what: str) -> None:
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while not await holds():
            if asyncio.get_running_loop().time() > deadline:
                raise Fault(f"waited in vain for {what}")
            await asyncio.sleep(0.02)

    @property
    def _here(self) -> List[Participant]:
        return [participant for participant in self._participants.values() if participant.is_connected and not participant.is_closed]

    # What is done: one word, one method

    async def _say(self, by: str, count: int = 1, fill: int = 0) -> None:
        self._participants[by].say(count, fill)

    async def _overwhelm(self, node: str, by: str) -> None:
        """Says so much that the node closes a client that doesn't read."""
        for _ in range(200):
            self._participants[by].say(100, 10_000)
            await self._receipts(by)
            status = await self._network.nodes[node].status()
            if status["nodes"][0]["counts"]["slow_clients"]:
                return
        raise Fault("200 MB were said, and the node has closed no client as too slow")

    async def _receipts(self, by: str) -> None:
        one = self._participants[by]
        said = one.said
        await self._until(lambda: len(one.receipts) + len(one.refused) >= said, f"{said} receipts of {one.title}")
        if one.refused:
            raise Fault(f"messages of {one.title} were refused: {one.refused}")

    async def _no_receipts(self, by: str) -> None:
        """The last message has no receipt, and none is on its way from the library to here."""
        until = asyncio.get_running_loop().time() + RECEIPT_ON_ITS_WAY
        one = self._participants[by]
        while asyncio.get_running_loop().time() < until and one.failure is None:
            if len(one.receipts) >= one.said:
                raise Fault(f"{by} has a receipt for what isn't safe")
            await asyncio.sleep(0.02)

    async def _come(self, name: str) -> None:
        await self._connect(name)

    async def _go(self, name: str) -> None:
        one = self._participants[name]
        one.tell({"do": "close"})
        await self._until(lambda: one.is_closed, f"{one.title} to close")

    async def _listen(self, name: str, on: bool) -> None:
        self._participants[name].tell({"do": "listen", "on": on})

    async def _kill(self, node: str) -> None:
        await self._network.nodes[node].end(signal.SIGKILL)

    async def _leave(self, node: str) -> None:
        await self._network.nodes[node].end(signal.SIGTERM)

    async def _stop(self, node: str) -> None:
        self._network.nodes[node].signal(signal.SIGSTOP)

    async def _continue(self, node: str) -> None:
        self._network.nodes[node].signal(signal.SIGCONT)

    async def _restart(self, node: str) -> None:
        parent = next((other for other in self._network.nodes.values() if other.runs and other.name != node), None)
        await self._network.nodes[node].start(parent)

    async def _whole(self, _: bool) -> None:
        await self._poll(self._network.is_whole, "the nodes to be one tree")

    async def _cut(self, name: str) -> None:
        self._participants[name].watcher.cut()

    async def _hold(self, name: str) -> None:
        self._participants[name].watcher.passing.clear()

    async def _release(self, name: str) -> None:
        self._participants[name].watcher.passing.set()

    async def _away(self, name: str) -> None:
        """The client reaches no node until it is `back`."""
        self._participants[name].watcher.is_away = True
        self._participants[name].watcher.cut()

    async def _back(self, name: str) -> None:
        self._participants[name].watcher.is_away = False

    async def _move(self, name: str, to: str) -> None:
        """All that the client knows as servers leads to this node now."""
        for front in self._participants[name].watcher.fronts.values():
            front.node = to
        self._participants[name].watcher.cut()

    # What has to be observed

    async def _at(self, name: str, node: str) -> None:
        watcher = self._participants[name].watcher

        async def is_there() -> bool:
            return watcher.at == node
        await self._poll(is_there, f"{name} to be at {node}")

    async def _sent(self, by: str) -> None:
        """The client has sent all that it was told to say."""
        one = self._participants[by]

        async def is_sent() -> bool:
            return one.watcher.sent >= one.said
        await self._poll(is_sent, f"{by} to send {one.said} messages")

    async def _moved(self, to: str) -> None:
        """Some client was sent to this node. A node sends a client on right after its login alone, and may not have heard of the
        other one by then: so they all log in again after a while."""
        again = asyncio.get_running_loop().time() + LOGIN_AGAIN

        async def is_there() -> bool:
            nonlocal again
            if any(one.watcher.at == to for one in self._participants.values()):
                return True
            if asyncio.get_running_loop().time() > again:
                again += LOGIN_AGAIN
                for one in self._participants.values():
                    one.watcher.cut()
            return False
        await self._poll(is_there, f"a client to be sent to {to}")

    async def _event(self, name: str, what: str) -> None:
        one = self._participants[name]
        await self._until(lambda: what in one.events, f"the event {what} at {one.title}")

    async def _seen(self, name: str, by: str, count: Optional[int] = None) -> None:
        """The client has seen the first `count` messages of this one, or all."""
        one = self._participants[name]
        wanted = self._participants[by].said if count is None else count
        await self._until(lambda: one.seen.get(by, 0) >= wanted, f"{one.title} to see {wanted} messages of {by}")

    async def _all_seen(self, _: bool = True) -> None:
        """Everybody has seen everything, and everybody has all receipts."""
        said = {one.name: one.said for one in self._participants.values()}
        for one in self._here:
            await self._receipts(one.name)
        for one in self._here:
            for other, count in said.items():
                if count > one.baseline.get(other, 0):
                    await self._seen(one.name, other, count)

    def _check_gaps(self) -> None:
        """What somebody hasn't seen lies in a gap that was told."""
        for one in self._here:
            for by, n in one.missing:
                receipt = self._participants[by].receipts.get(n)
                if receipt is None or not one.knows_of(receipt["id"]):
                    raise Fault(f"{one.title} hasn't seen message {n} of {by}, and no gap that it was told has it")

    # Chaos

    async def _chaos(self, kills: int, seed: int = 1) -> None:
        """Kills, stops and cuts at random, while everybody talks. Before each kill what is safe has got everywhere, since a network
        of one replica bears one loss at a time."""
        chance = random.Random(seed)
        talking = asyncio.ensure_future(self._talk())
        try:
            for _ in range(self._kills or kills):
                node = chance.choice(sorted(self._network.nodes))
                if chance.random() < 0.3:
                    stopped = chance.choice(sorted(self._network.nodes))
                    await self._stop(stopped)
                    await asyncio.sleep(chance.random())
                    await self._continue(stopped)
                if chance.random() < 0.5:
                    await self._cut(chance.choice(sorted(self._participants)))
                await self._kill(node)
                await asyncio.sleep(chance.random() * 0.5)
                await self._restart(node)
                await self._whole(True)
                await self._all_seen()
        finally:
            talking.cancel()

    async def _talk(self) -> None:
        while True:
            for one in self._here:
                if one.said - len(one.receipts) < 100:
                    one.say(1, 100)
            await asyncio.sleep(0.02)
