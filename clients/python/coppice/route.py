"""Which server is tried next, and after which pause.

A round tries each known server once. The pauses between rounds grow. All pauses are drawn at random, since many clients lose the same
server at the same moment.
"""

from typing import Callable, List, Optional, Sequence

from .limits import SERVERS, Limits
from .values import Address

Random = Callable[[], float]
"""Returns a number from 0 up to, but not including, 1."""


class Route:
    def __init__(
        self, given: Sequence[Address], limits: Limits, random: Random, can_log_in: Callable[[Address], bool]
    ) -> None:
        self._given = list(dict.fromkeys(given))
        self._limits = limits
        self._random = random
        self._can_log_in = can_log_in
        self._servers = list(self._given)
        self._round = list(self._given)
        self._rounds_done = 0
        self._redirects = 0
        self._redirected_at: Optional[float] = None
        self.times_turned_away = 0
        """How many servers in a row turned this client away since the last login that held."""

    def next(self) -> Address:
        """Takes the server that is to be tried now."""
        self._round = [address for address in self._round if self._can_log_in(address)]
        if not self._round:
            self._start_round(None)
        return self._round.pop(0)

    def remember(self, told: Sequence[Address]) -> None:
        """Adds servers to the known ones: first the given ones, then the new ones, then the older ones."""
        self._servers = list(dict.fromkeys([*self._given, *told, *self._servers]))[: max(SERVERS, len(self._given))]

    def failed(self, has_logged_in: bool) -> float:
        """A server could not be reached. Returns the pause before the next one."""
        if self._round:
            return self._draw(self._limits.next_pause)
        self._rounds_done += 1
        self._start_round(None)
        return self._upper_half(self._pause_of_round(has_logged_in))

    def lost(self, address: Address, *, had_held: bool, is_silent: bool) -> float:
        """A server was lost that the client was logged in at. It is the next one to be tried, but not in a hurry if it loses clients
        again at once. One that has fallen silent is tried last: it may take connections and answer nothing."""
        self._rounds_done = 0 if had_held else self._rounds_done + 1
        self._start_round(address)
        if is_silent:
            self._round.append(self._round.pop(0))
        return self._draw(self._pause_of_round(True) if self._rounds_done else self._limits.first_pause)

    def turned_away(self, here: Address, told: Sequence[Address]) -> float:
        """The server takes no client now. It isn't tried again before all others were."""
        self.times_turned_away += 1
        self.remember(told)
        named = [address for address in dict.fromkeys(told) if address != here and self._can_log_in(address)]
        if named:
            self._shuffle(named)
            self._round = named
        else:
            self._round = [address for address in self._round if address != here]
            if not self._round:
                self._start_round(None)
                self._round = [address for address in self._round if address != here] + [here]
        doubled: float = self._limits.first_full_pause * 2 ** min(self.times_turned_away - 1, 10)
        return self._upper_half(min(doubled, self._limits.longest_pause))

    def redirected(self, to: Address, now: float) -> bool:
        """Returns whether the client should follow: two servers that redirect to each other would keep it busy for ever."""
        self.remember([to])
        self._redirects += 1
        self._redirected_at = now
        follows = self._redirects <= self._limits.refusals and self._can_log_in(to)
        if follows:
            self._round = [to]
        return follows

    def was_redirected(self, now: float) -> bool:
        return self._redirected_at is not None and now < self._redirected_at + self._limits.redirect_memory

    def held(self) -> None:
        """A login has held for a while."""
        self._rounds_done = self._redirects = self.times_turned_away = 0

    def _start_round(self, first: Optional[Address]) -> None:
        others = [address for address in self._servers if address != first and self._can_log_in(address)]
        self._shuffle(others)
        self._round = ([first] if first else []) + others

    def _pause_of_round(self, has_logged_in: bool) -> float:
        longest = self._limits.longest_pause if has_logged_in else self._limits.longest_first_pause
        doubled: float = 0.1 * 2 ** min(self._rounds_done, 10)
        return min(doubled, longest)

    def _draw(self, longest: float) -> float:
        return self._random() * longest

    def _upper_half(self, longest: float) -> float:
        return longest / 2 + self._draw(longest / 2)

    def _shuffle(self, addresses: List[Address]) -> None:
        for index in range(len(addresses) - 1, 0, -1):
            other = int(self._random() * (index + 1))
            addresses[index], addresses[other] = addresses[other], addresses[index]
