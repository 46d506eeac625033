"""Which own messages are sent over a connection, and what a complaint of a server means for them."""

from typing import List, Tuple

from .limits import Limits
from .values import Outbox, Outgoing

ABOUT_THE_CONNECTION = ("too slow", "try again", "is full")


class Sending:
    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.outbox = Outbox()
        self._sent_through = 0
        """The last message that was sent over this connection."""
        self._one_by_one_through = 0
        """The server may have complained about a message up to this one. So each of these is sent alone."""
        self._suspect: Tuple[int, int] = (0, 0)
        """The message that was alone under way when a server complained, and how often that happened."""
        self._complaints = 0
        """How many complaints came in a row for which no message can be the reason."""

    @property
    def has_room(self) -> bool:
        return len(self.outbox) < self._limits.window and self.outbox.bytes < self._limits.window_bytes

    def begin(self) -> None:
        """There is a new connection."""
        self._sent_through = 0

    def due(self) -> List[Outgoing]:
        """Takes the messages that are to be sent now. If a server complained and it isn't known about which message, each message
        waits until the one before has come back."""
        if not self._one_by_one_through and self._sent_through + 1 == self.outbox.next_cseq:
            return []
        first = self.outbox.first
        if first is None or first.cseq > self._one_by_one_through:
            self._one_by_one_through = 0
        due = [message for message in self.outbox if message.cseq > self._sent_through]
        if self._one_by_one_through:
            due = due[:1] if first and first.cseq > self._sent_through else []
        if due:
            self._sent_through = due[-1].cseq
        return due

    def added(self, message: Outgoing) -> List[Outgoing]:
        """As `due`, when this message is new and all before it have had their turn: the outbox may be long."""
        if self._one_by_one_through:
            return self.due()
        self._sent_through = message.cseq
        return [message]

    def came_back(self, cseq: int, *, alone: bool = False) -> List[int]:
        """Returns the messages that are safe now: this one and, unless it stands `alone`, those before it."""
        self._complaints = 0
        if alone:
            return [cseq] if self.outbox.remove(cseq) else []
        return self.outbox.came_back(cseq)

    def held(self) -> None:
        """A login has held for a while."""
        if not self.outbox:
            self._complaints = 0

    def complained(self, info: str, is_online: bool) -> Tuple[bool, int]:
        """A server complains, and closes the connection. The reason may be one message, which would be repeated for ever otherwise.

        Returns whether the session has to give up, and the number of a message to give up, or 0.
        """
        under_way = [message.cseq for message in self.outbox if message.cseq <= self._sent_through] if is_online else []
        if not under_way or any(text in info for text in ABOUT_THE_CONNECTION):
            self._complaints += 1
            return self._complaints >= self._limits.complaints, 0
        if len(under_way) > 1:
            self._one_by_one_through = self._sent_through
            return False, 0
        number = under_way[0]
        times = self._suspect[1] + 1 if self._suspect[0] == number else 1
        self._suspect = (number, times)
        if times < self._limits.complaints_per_message:
            self._one_by_one_through = max(number, self._one_by_one_through)
            return False, 0
        self.outbox.remove(number)
        return False, number
