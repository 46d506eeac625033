"""Every limit of a client, with its unit and its reason. Times are in seconds."""

from dataclasses import dataclass

LINE_BYTES = 64 * 1024
"""The longest line, for a server that doesn't say how long a line it takes."""
LEAST_LINE_BYTES = 256
"""A server that says that it takes only shorter lines is not believed: its clients could say nothing."""
RECEIVED_LINE_BYTES = 16 << 20
"""The longest line that is accepted from a server. The line of an entry has at most 1 MiB."""
IDLE_SECONDS = range(1, 604_801)
"""After which a server may close a client that says nothing. Other values are ignored."""
PINGS_PER_IDLE_TIMEOUT = 3
"""One `PING` may be late."""
SHORTEST_PING_PAUSE = 1.0
LONGEST_TOKEN_LIFE = 365 * 86_400.0
"""So long at most a resume token is believed to be good."""
SHORTEST_TOKEN_PAUSE = 20.0
"""A client asks for a new token when half of the life of the last one is over, but after no shorter time."""
SERVERS = 64
"""Servers that are remembered."""
SESSIONS = 8192
"""Sessions of others that are remembered, so that no message is shown twice. A message is repeated within seconds, so the session
that has been silent longest can be forgotten."""
SEQUENCE_RANGES = 64
"""Ranges of numbers that are remembered of one session. When there are more, the two lowest are joined."""
ORIGINS = 4096
"""Origins in a `since`: a node takes no more. The one that has been silent longest is left out: its entries are older than what
nodes keep."""


@dataclass(frozen=True)
class Limits:
    connect_timeout: float = 3.0
    """A reachable host answers within one round trip, and after two lost packets still within this time."""
    answer_timeout: float = 15.0
    """A registration asks the whole tree; a login may have to."""
    first_patience: float = 5.0
    """How long a new client tries to reach the given servers."""
    first_pause: float = 0.1
    """The longest pause before a lost server is tried again. The pause is drawn from zero to this, since all clients of the server
    lost it at the same moment."""
    next_pause: float = 0.05
    """The longest pause between attempts at two servers in one round."""
    longest_pause: float = 5.0
    """The longest pause between rounds. The pause doubles from round to round."""
    longest_first_pause: float = 0.5
    """As `longest_pause`, until a server has been reached: somebody may sit there and wait."""
    first_full_pause: float = 0.2
    """The pause after a server that takes no client; it doubles with each such server, up to `longest_pause`."""
    silence: float = 10.0
    """After this long without a line from the server the client sends a `PING`."""
    silence_patience: float = 20.0
    """How long its answer may take before the server is given up. A node may take nothing from a client that resumes for 15 s."""
    held_back_patience: float = 60.0
    """The same while the server has said that it holds the client back."""
    lateness: float = 1.0
    """A timer that comes so late shows that this program stood still: what the server sent meanwhile has not been read yet."""
    quiet: float = 0.3
    """After this long without a further missed message a login counts as one that holds."""
    longest_catch_up: float = 5.0
    """The same, even if missed messages keep coming."""
    redirect_memory: float = 60.0
    """A client that was sent on within this time tells the next server, which keeps it."""
    refusals: int = 5
    """Refusals of a login in a row that are accepted where another server has accepted it, and redirects that are followed in a row."""
    complaints: int = 3
    """Complaints in a row that are accepted whose reason can't be a message."""
    complaints_per_message: int = 2
    """How often a message is sent that was the only one under way when a server complained."""
    window: int = 1024
    """Own messages under way. When there are more, `post` and `say` wait."""
    window_bytes: int = 1 << 20
    queue: int = 1024
    """Events that wait for the program. When there are more, the client reads nothing from its server."""
