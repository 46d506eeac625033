"""What a client tells its program."""

from dataclasses import dataclass
from typing import Any, Dict, Optional, Union

JSON = Dict[str, Any]


@dataclass(frozen=True)
class Message:
    """Something that somebody has said; each is told once, and those of one sender in the order in which they were said."""

    activity: JSON
    sender: str
    """The name under which the sender is logged in: `anonymous`, or one that the server has checked."""
    id: Optional[str] = None
    """`<origin>.<sequence>`: which entry of the log it is; None from servers of the base protocol."""
    stamp: Optional[int] = None
    """46 bits of milliseconds since 1970 above 18 bits of counter: `stamp >> 18` is the time."""
    session: Optional[str] = None
    """What the sender's session is called; with `cseq` it names the message, wherever it was taken."""
    cseq: Optional[int] = None
    copies: Optional[int] = None
    """How many nodes are known to hold it."""
    late: bool = False
    """In total order: it comes after its position, since the network was cut for long."""
    own: bool = False
    """This client has said it."""


@dataclass(frozen=True)
class Gap:
    """The entries `first` to `last` of `origin` don't come: no server that was asked still has them."""

    origin: str
    first: int
    last: int


@dataclass(frozen=True)
class Connected:
    """The client is logged in at `server`; `name` is its name as others see it."""

    server: str
    name: str
    resumed: bool
    """False at the first login."""


@dataclass(frozen=True)
class CaughtUp:
    """Everything that was said while the client had no server has come: `missed` messages of it."""

    missed: int


@dataclass(frozen=True)
class Lost:
    """The server was lost, or has sent the client on. Another one is being looked for."""

    server: str
    reason: str


@dataclass(frozen=True)
class Notice:
    """The server says something that people should know."""

    info: str
    waits: Optional[bool] = None
    """True: the server takes messages only as fast as the slowest link does; False: at any rate again."""


@dataclass(frozen=True)
class Skipped:
    """So many events came before the program asked for any, and were not kept."""

    count: int


Event = Union[Message, Gap, Connected, CaughtUp, Lost, Notice, Skipped]


@dataclass(frozen=True)
class Receipt:
    """A message of this client is safe: so many nodes hold it that it is shown to everybody."""

    cseq: int
    copies: int
    """How many nodes are known to hold it."""
    promised: int
    """How many are to hold it. Fewer `copies` mean that the server had no neighbours left."""
    id: Optional[str] = None
    """None if a later message came back first: this one lies in a gap."""
    stamp: Optional[int] = None
