"""One client of a scenario: the driver of a library, what it was told to say, and what it saw."""

import asyncio
import json
from typing import Any, Dict, List, Optional, Set, Tuple

from network import Watcher


class Fault(Exception):
    """A library did what it must not do, or didn't do what it must."""


class Participant:
    def __init__(self, name: str, library: str, watcher: Watcher) -> None:
        self.name, self.library, self.watcher = name, library, watcher
        self.said = 0
        self.receipts: Dict[int, Dict[str, Any]] = {}
        self.refused: Dict[int, str] = {}
        self.seen: Dict[str, int] = {}
        """Of each participant the last message that was seen."""
        self.baseline: Dict[str, int] = {}
        self.missing: List[Tuple[str, int]] = []
        self.gaps: List[Dict[str, Any]] = []
        self.events: List[str] = []
        self.is_connected = self.is_closed = False
        self.failure: Optional[str] = None
        self._process: Optional[asyncio.subprocess.Process] = None
        self._task: Optional["asyncio.Task[None]"] = None
        self._changed: Set["asyncio.Event"] = set()

    @property
    def title(self) -> str:
        return f"{self.name} ({self.library})"

    async def start(self, command: List[str], changed: asyncio.Event) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 24, start_new_session=True)
        self._task = asyncio.ensure_future(self._listen(changed))

    def tell(self, command: Dict[str, Any]) -> None:
        assert self._process and self._process.stdin
        self._process.stdin.write(json.dumps(command).encode() + b"\n")

    def say(self, count: int, fill: int) -> None:
        for _ in range(count):
            self.said += 1
            activity = {"by": self.name, "n": self.said, "fill": "·" * (fill // 2)}
            self.tell({"do": "say", "n": self.said, "activity": activity})

    async def end(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _listen(self, changed: asyncio.Event) -> None:
        assert self._process and self._process.stdout
        try:
            async for line in self._process.stdout:
                self._saw(json.loads(line))
                changed.set()
            if self.failure is None:
                self.failure = f"the driver of {self.title} has ended"
        except Fault as fault:
            self.failure = str(fault)
        except (ValueError, KeyError, TypeError) as error:
            self.failure = f"the driver of {self.title} wrote what can't be understood: {error!r}"
        changed.set()

    def _saw(self, event: Dict[str, Any]) -> None:
        what = event["saw"]
        self.events.append(what)
        if what == "message":
            self._saw_message(event["activity"], event)
        elif what == "receipt":
            if event["n"] in self.receipts:
                raise Fault(f"{self.title} got two receipts for message {event['n']}")
            if event["n"] > self.watcher.echoed and self.watcher.fronts:
                raise Fault(f"{self.title} got a receipt for message {event['n']} before its server had shown it: it isn't safe")
            self.receipts[event["n"]] = event
        elif what == "refused":
            self.refused[event["n"]] = event["reason"]
        elif what == "gap":
            self.gaps.append(event)
        elif what == "connected":
            self.is_connected = True
        elif what == "closed":
            self.is_closed = True
        elif what == "failed":
            self.failure = f"{self.title} has given up: {event['reason']}: {event['info']}"

    def _saw_message(self, activity: Dict[str, Any], event: Dict[str, Any]) -> None:
        by, n = activity["by"], activity["n"]
        last = self.seen.get(by)
        if last is None:
            # Whoever comes later sees what is said from then on.
            last = min(self.baseline.get(by, 0), n - 1)
        if n <= last:
            raise Fault(f"{self.title} saw message {n} of {by} after {last}: twice, or out of order")
        if n > last + 1:
            if not self.gaps:
                raise Fault(f"{self.title} saw message {n} of {by} after {last}: some are missing, and no gap was told")
            self.missing += [(by, number) for number in range(last + 1, n)]
        if event["own"] != (by == self.name):
            raise Fault(f"{self.title} saw message {n} of {by} with own = {event['own']}")
        self.seen[by] = n

    def knows_of(self, id: Optional[str]) -> bool:
        """Whether a gap that was told has this entry."""
        origin, _, sequence = (id or "").rpartition(".")
        return id is None or any(gap["origin"] == origin and gap["first"] <= int(sequence) <= gap["last"] for gap in self.gaps)
