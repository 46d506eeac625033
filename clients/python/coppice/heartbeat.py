"""When a `PING` is due, and when a silent server is given up.

A server whose machine vanished, or whose process stands still, closes no connection. So the client asks for a sign of life after a
silence. It asks only servers that are known to have the command: another one would close the connection.
"""

from enum import Enum
from typing import Any, Optional

from .limits import IDLE_SECONDS, PINGS_PER_IDLE_TIMEOUT, SHORTEST_PING_PAUSE, Limits


class Pulse(Enum):
    ALIVE = "alive"
    PING = "ping"
    """A `PING` is to be sent."""
    LOST = "lost"


class Heartbeat:
    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._knows_ping = False
        self._idle_pause: Optional[float] = None
        """After so long without a message to the server it wants a `PING`."""
        self._said_at = self._heard_at = 0.0
        self._asked_at: Optional[float] = None
        """When the `PING` was sent after which nothing has come yet."""
        self._is_reading = True
        self.is_held_back = False
        """The server has said that it takes messages only as fast as a slow link does."""

    def begin(self, knows_ping: bool, idle_timeout: Any, now: float) -> None:
        """A login has succeeded. `idle_timeout` is what the server says, in seconds."""
        self._knows_ping = knows_ping
        self._idle_pause = None
        if isinstance(idle_timeout, int) and idle_timeout in IDLE_SECONDS:
            self._idle_pause = max(idle_timeout / PINGS_PER_IDLE_TIMEOUT, SHORTEST_PING_PAUSE)
        self._said_at = now
        self.is_held_back = False
        self.heard(now)

    def said(self, now: float) -> None:
        self._said_at = now

    def heard(self, now: float) -> None:
        self._heard_at, self._asked_at = now, None

    def reading(self, is_reading: bool, now: float) -> None:
        """The program takes events, or is behind with them and nothing is read: then a silence says nothing about the server."""
        self._is_reading = is_reading
        self.heard(now)

    @property
    def deadline(self) -> Optional[float]:
        deadlines = [at for at in (self._ping_at, self._lost_at) if at is not None]
        return min(deadlines) if deadlines else None

    def check(self, now: float) -> Pulse:
        if self._lost_at is not None and now >= self._lost_at:
            # If this program stood still itself, the answer may lie unread.
            if now <= self._lost_at + self._limits.lateness:
                return Pulse.LOST
            self._asked_at = now
            return Pulse.PING
        if self._ping_at is not None and now >= self._ping_at:
            if self._asked_at is None and self._knows_ping:
                self._asked_at = now
            return Pulse.PING
        return Pulse.ALIVE

    @property
    def _ping_at(self) -> Optional[float]:
        times = []
        if self._idle_pause is not None:
            times.append(self._said_at + self._idle_pause)
        if self._knows_ping and self._is_reading and self._asked_at is None:
            times.append(self._heard_at + self._limits.silence)
        return min(times) if times else None

    @property
    def _lost_at(self) -> Optional[float]:
        if self._asked_at is None or not self._is_reading:
            return None
        return self._asked_at + (self._limits.held_back_patience if self.is_held_back else self._limits.silence_patience)
