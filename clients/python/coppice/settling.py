"""After a login: whether it holds, and when everything has come that the client missed."""

from typing import Optional

from .limits import Limits
from .values import Vector


class Settling:
    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._target: Optional[Vector] = None
        """The server's vector at a later login: everything up to here was missed."""
        self._is_returning = False
        """The client has logged in again, and the program hasn't been told that it has caught up."""
        self._missed = 0
        self._quiet_at: Optional[float] = None
        self._until = 0.0

    def begin(self, target: Optional[Vector], is_returning: bool, now: float) -> None:
        self._target, self._is_returning = target if is_returning else None, is_returning
        self._quiet_at, self._until = now + self._limits.quiet, now + self._limits.longest_catch_up

    def left(self) -> None:
        """The server was lost. What was missed so far counts on."""
        self._quiet_at, self._target = None, None

    @property
    def is_over(self) -> bool:
        """The login has held for a while, and no missed messages come any more."""
        return self._quiet_at is None

    @property
    def deadline(self) -> Optional[float]:
        return None if self._quiet_at is None else min(self._quiet_at, self._until)

    def received(self, origin: str, sequence: int, now: float) -> None:
        if self._target is not None and self._target.covers(origin, sequence):
            self._missed += 1
            if self._quiet_at is not None:
                self._quiet_at = now + self._limits.quiet

    def caught_up(self, vector: Optional[Vector]) -> Optional[int]:
        """Returns how many messages were missed, once: as soon as everything that was missed has come."""
        if self._target is None or vector is None or not vector.covers_all(self._target):
            return None
        return self._returned()

    def settled(self) -> Optional[int]:
        """`deadline` is reached. Returns as `caught_up`."""
        self._quiet_at = None
        return self._returned()

    def _returned(self) -> Optional[int]:
        if not self._is_returning:
            return None
        missed = self._missed
        self._is_returning, self._missed = False, 0
        return missed
