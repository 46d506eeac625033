"""What is measured. Everything is a point: so many clients of which so many send, at some load, for some servers."""

from dataclasses import dataclass

BOUNDS = ["bound_jansson", "bound_uv"]
PEERS = ["nats", "redis", "mosquitto"]
EVERYBODY = ["coppice"] + PEERS + BOUNDS


@dataclass(frozen=True)
class Point:
    name: str
    clients: int
    senders: int = 1
    window: int = 0
    payload: int = 128
    seconds: float = 1.0

    @property
    def title(self):
        senders = "all" if self.senders == self.clients else f"{self.senders:,}"
        size = "1 KiB" if self.payload == 1024 else f"{self.payload} B"
        return f"{senders} to {self.clients:,}, {size}, W={self.window}"

    def window_for(self, server):
        # mosquitto writes each message to each client by itself: more under way only means a longer wait at the end.
        return min(self.window, max(1, 8000 // self.clients)) if server == "mosquitto" else self.window


# The W of each point are the messages under way; 1 shows what a single message costs, the greatest what batching gains.
CAPACITY = [
    Point("100", 100, window=512),
    Point("1000-1", 1000, window=1),
    Point("1000-16", 1000, window=16),
    Point("1000-256", 1000, window=256),
    Point("10000-8", 10_000, window=8),
    Point("10000-64", 10_000, window=64, seconds=1.5),
    Point("10-to-1000", 1000, senders=10, window=250),
    Point("100-all", 100, senders=100, window=1000),
    Point("1000-kib", 1000, window=128, payload=1024),
    Point("100-kib", 100, window=256, payload=1024),
]
QUICK = [point for point in CAPACITY if point.name in ("100", "1000-1", "1000-256", "100-all")]

# Latency: clients, seconds. Everybody gets the rate that is half of what the slowest peer can take.
LATENCY = [(100, 2.0), (1000, 2.0)]

# The same at rates that everybody can take, in real-time priority: clients, messages a second, seconds. (With 100 clients at
# 500 a second Linux takes 50 ms of each second from real-time processes, and that is all that would be measured.)
FIXED_RATES = [(1000, 50, 2.0), (10_000, 2, 3.0)]

# A node with a parent beside one without: clients, window.
LINKED = [(100, 512), (1000, 256)]

# Connections that only sit there: how many, and for whom.
IDLE = [10_000, 19_000]
