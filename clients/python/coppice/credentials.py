"""What is shown at a login: the user's secret only at the servers that the user named, and elsewhere the resume token that a login or a
redirect has given (docs/protocol.md#resume-tokens). Other servers are names that somebody has said.

Servers that give no tokens, as those of the base protocol, have to get the secret that their protocol demands.
"""

from typing import Any, Optional, Sequence, Set, Tuple

from .limits import LONGEST_TOKEN_LIFE, SHORTEST_TOKEN_PAUSE
from .values import Address


class Credentials:
    def __init__(self, secret: Optional[str], given: Sequence[Address]) -> None:
        self._secret = secret
        self._given = set(given)
        self._token: Optional[str] = None
        self._refused_by: Set[Address] = set()
        self._are_given = False
        """A server has given a token: then no secret is shown to a server that was only named."""
        self.renew_at: Optional[float] = None
        """When the client asks for a new token; None if it doesn't know, or can't."""
        self.shown_secret: Optional[str] = None
        """The secret, if the server of the present connection was shown it: messages have to show it, too."""

    def can_log_in(self, at: Address) -> bool:
        return self._secret is None or self._may_show_secret(at) or self._token_for(at) is not None

    def show(self, at: Address) -> Tuple[Optional[str], Optional[str]]:
        """Returns the secret and the token to log in with."""
        self.shown_secret = self._secret if self._may_show_secret(at) else None
        self.renew_at = None
        return self.shown_secret, self._token_for(at)

    def received(self, token: Any, seconds: Any, at: Address, now: float) -> None:
        """A server has given a token that is good for so many seconds, or none."""
        if self._secret is None or not isinstance(token, str):
            return
        self._token, self._are_given = token, True
        self._refused_by.clear()
        half = min(seconds, LONGEST_TOKEN_LIFE) / 2 if isinstance(seconds, (int, float)) else 0
        # Only a login with the secret begets a token that is good for longer.
        renews = self.shown_secret is not None and half >= SHORTEST_TOKEN_PAUSE
        self.renew_at = now + half if renews and at in self._given else None

    def refused(self, at: Address) -> bool:
        """A login was refused. Returns whether it had shown a token alone: then others may take it, and the given server the secret."""
        if self._secret is None or self._may_show_secret(at) or self._token_for(at) is None:
            return False
        self._refused_by.add(at)
        return True

    def _may_show_secret(self, at: Address) -> bool:
        return at in self._given or not self._are_given

    def _token_for(self, at: Address) -> Optional[str]:
        return None if at in self._refused_by else self._token
