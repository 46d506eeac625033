"""What a session wants done."""

from dataclasses import dataclass
from typing import Optional, Union

from .events import Event, Receipt
from .faults import CoppiceError
from .values import Address


@dataclass(frozen=True)
class Connect:
    """Open a connection. There is no other connection then."""

    to: Address


@dataclass(frozen=True)
class Send:
    line: str


@dataclass(frozen=True)
class Disconnect:
    """Give up the connection or the attempt. Nothing more may be reported about it."""


@dataclass(frozen=True)
class Tell:
    """Hand this event to the program."""

    event: Event


@dataclass(frozen=True)
class Resolve:
    """The message is safe."""

    receipt: Receipt


@dataclass(frozen=True)
class Refuse:
    """The message is given up."""

    cseq: int
    fault: CoppiceError


@dataclass(frozen=True)
class End:
    """The session is over; no effect follows. Without a fault it was closed."""

    fault: Optional[CoppiceError]


Effect = Union[Connect, Send, Disconnect, Tell, Resolve, Refuse, End]
