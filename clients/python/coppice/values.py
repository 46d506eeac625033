"""Small values: addresses, the user, what was received."""

import json
import secrets
from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from . import limits


class Address(NamedTuple):
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Reads `HOST:PORT`, or `[IPV6]:PORT`."""
        host, separator, port = text.rpartition(":")
        host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        if not separator or not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            raise ValueError(f"{text!r} is not HOST:PORT")
        return cls(host, int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Identity:
    """The user. Without a name the client is anonymous, unless a token says who it is."""

    username: Optional[str] = None
    secret: Optional[str] = None
    session: str = field(default_factory=lambda: secrets.token_hex(16))
    """Names this life of the client: 1 to 64 bytes that nobody else can guess, since whoever knows it can go on under it."""


class Vector:
    """How far the entries of every origin were received. A client resumes from there, at whichever node."""

    def __init__(self, sequences: Dict[str, int]) -> None:
        # In the order in which origins were heard last.
        self._sequences = dict(sequences)

    def sequences(self) -> Dict[str, int]:
        return dict(list(self._sequences.items())[-limits.ORIGINS :])

    def raise_to(self, origin: str, sequence: int) -> None:
        """Counts everything of the origin up to this sequence as received."""
        self._sequences[origin] = max(self._sequences.pop(origin, 0), sequence)

    def covers(self, origin: str, sequence: int) -> bool:
        return sequence <= self._sequences.get(origin, 0)

    def covers_all(self, other: "Vector") -> bool:
        return all(self.covers(origin, sequence) for origin, sequence in other._sequences.items())


class Doubles:
    """Which numbered messages of which sessions have been shown.

    One message may come under two ids: its sender repeated it at another node before the first copy had got there. The sender's own
    number shows that. A number counts under one name only, since the names of sessions are public.
    """

    def __init__(self) -> None:
        # Of each session the ranges of its numbers, ascending, with holes between them. Usually there is one.
        self._shown: Dict[Tuple[str, str], List[Tuple[int, int]]] = {}

    def is_first(self, user: str, session: str, sequence: int) -> bool:
        key = (user, session)
        ranges = self._shown.pop(key, [])
        self._shown[key] = ranges  # the last one now: the first one is the one that has been silent longest
        if len(self._shown) > limits.SESSIONS:
            del self._shown[next(iter(self._shown))]
        return _insert(ranges, sequence)


def _insert(ranges: List[Tuple[int, int]], number: int) -> bool:
    """Returns False if one of the ranges has the number already."""
    index = len(ranges)  # nearly every number is the next one
    while index > 0 and ranges[index - 1][0] > number:
        index -= 1
    if index > 0 and number <= ranges[index - 1][1]:
        return False
    first = last = number
    if index < len(ranges) and ranges[index][0] == number + 1:
        last = ranges.pop(index)[1]
    if index > 0 and ranges[index - 1][1] + 1 == number:
        index -= 1
        first = ranges.pop(index)[0]
    ranges.insert(index, (first, last))
    if len(ranges) > limits.SEQUENCE_RANGES:
        ranges[0:2] = [(ranges[0][0], ranges[1][1])]
    return True


@dataclass(frozen=True)
class Outgoing:
    cseq: int
    activity: str
    """The text of an object. It is sent like this each time."""
    size: int


class Outbox:
    """The own messages that have not come back, in the order in which they were said. Until its echo comes, a message is sent again at
    every login."""

    def __init__(self) -> None:
        self._messages: Dict[int, Outgoing] = {}
        self.bytes = 0
        self._last = 0

    def __len__(self) -> int:
        return len(self._messages)

    def __iter__(self) -> Iterator[Outgoing]:
        return iter(list(self._messages.values()))

    @property
    def next_cseq(self) -> int:
        return self._last + 1

    @property
    def first(self) -> Optional[Outgoing]:
        return next(iter(self._messages.values()), None)

    def add(self, activity: str) -> Outgoing:
        self._last += 1
        message = Outgoing(self._last, activity, len(activity.encode()))
        self._messages[message.cseq] = message
        self.bytes += message.size
        return message

    def remove(self, cseq: int) -> bool:
        message = self._messages.pop(cseq, None)
        if message is not None:
            self.bytes -= message.size
        return message is not None

    def find(self, activity: Dict[str, Any]) -> Optional[int]:
        """The oldest message with this content: servers of the base protocol send no numbers back."""
        said = {key: value for key, value in activity.items() if key != "authenticated_user"}
        for message in self._messages.values():
            own = json.loads(message.activity)
            own.pop("authenticated_user", None)
            if own == said:
                return message.cseq
        return None

    def came_back(self, cseq: int) -> List[int]:
        """Removes this message and those before it, and returns their numbers: every node keeps the order of a client, so those were
        stored too. One that didn't come back lies in a gap."""
        numbers = []
        for number in self._messages:
            if number > cseq:
                break
            numbers.append(number)
        for number in numbers:
            self.remove(number)
        return numbers
