"""A client with its sockets and timers: `Session` on asyncio's loop."""

import asyncio
import random
import ssl
from collections import deque
from typing import Any, AsyncIterator, Awaitable, Callable, Deque, Dict, Iterable, Optional, Sequence, Union

from . import faults, wire
from .connection import Connection
from .effects import Connect, Disconnect, Effect, End, Refuse, Resolve, Send, Tell
from .events import Connected, Event, JSON, Receipt, Skipped
from .limits import Limits
from .session import Session, State
from .values import Address, Identity

Token = Union[str, Callable[[], Awaitable[str]]]
"""A token that somebody else vouches with for who the client is (a JWT), or what fetches one: asked before each login."""

GOODBYE = 1.0
"""Seconds that the last line to a server may take."""


class Client:
    """A client of the network. Use it from one event loop.

    Args:
        servers: `HOST:PORT` of one server, or several. Further ones are learned from the servers.
        username: the name to log in as; without one the client is anonymous.
        secret: the user's secret.
        token: what to log in with instead of a secret.
        register: register the name with the secret first.
        tls: True to believe the authorities of this machine, the path of a file with others (PEM), or a context.
        session: the session to go on under; by default a new one.
        limits: see `Limits`.
    """

    def __init__(
        self, servers: Union[str, Sequence[str]], *, username: Optional[str] = None, secret: Optional[str] = None,
        token: Optional[Token] = None, register: bool = False, tls: Union[bool, str, ssl.SSLContext] = False,
        session: Optional[str] = None, limits: Limits = Limits(),
    ) -> None:
        given = [Address.parse(server) for server in ([servers] if isinstance(servers, str) else servers)]
        if not given:
            raise ValueError("no server is given")
        if register and (username is None or secret is None):
            raise ValueError("registering needs a name and a secret")
        identity = Identity(username, secret, session) if session is not None else Identity(username, secret)
        self._session = Session(identity, given, random.random, registers=register, limits=limits)
        self._token = token
        self._tls = _context(tls)
        self._limits = limits
        self._connection: Optional[Connection] = None
        self._timer: Optional[asyncio.TimerHandle] = None
        self._events: Deque[Event] = deque()
        self._receipts: Dict[int, "asyncio.Future[Receipt]"] = {}
        self._turn: Optional[asyncio.Lock] = None
        """Whoever waits for room first says first."""
        self._waiting: Dict["asyncio.Future[None]", None] = {}
        self._listens = False
        """The program has asked for events. Until then none is waited for, and the oldest ones give way."""
        self._skipped = 0
        self._is_behind = False
        self._has_started = self._has_logged_in = False
        self._fault: Optional[faults.CoppiceError] = None

    # What the program uses

    async def connect(self) -> "Client":
        """Returns when the client has logged in. Raises why it can't."""
        if not self._has_started:
            self._has_started = True
            self._turn = asyncio.Lock()
            self._perform(self._session.start(self._now))
        try:
            while not self._has_logged_in and not self._has_ended:
                await self._change()
        except asyncio.CancelledError:
            await self.close()
            raise
        if self._fault or not self._has_logged_in:
            raise self._fault or faults.Closed("the client was closed")
        return self

    async def __aenter__(self) -> "Client":
        return await self.connect()

    async def __aexit__(self, *_: Any) -> None:
        await self.close()

    @property
    def name(self) -> str:
        """The client's name as others see it."""
        return self._session.name

    @property
    def server(self) -> Optional[str]:
        """The server at which the client is logged in; None while it looks for one."""
        return str(self._session.server) if self._session.state is State.LOGGED_IN else None

    @property
    def unsafe(self) -> int:
        """Messages of this client that are not known to be safe."""
        return self._session.unsafe

    async def say(self, activity: Union[str, JSON]) -> Receipt:
        """Says something to everybody: an object, or a text, which becomes `{"object": TEXT}`. Returns when it is safe.

        Messages are numbered in the order of these calls, and keep it. A call that is cancelled takes nothing back that was sent.
        """
        return await (await self.post(activity))

    async def post(self, activity: Union[str, JSON]) -> "asyncio.Future[Receipt]":
        """As `say`, but returns as soon as there is room for the message among those under way. The future has the receipt."""
        text = wire.encode({"object": activity} if isinstance(activity, str) else activity)
        text.encode()  # a lone surrogate is refused here, and not by the server
        if self._turn is None:
            raise faults.Closed("the client is not connected")
        async with self._turn:
            while not self._session.has_room and not self._has_ended:
                await self._change()
            if self._has_ended:
                raise self._fault or faults.Closed("the client is closed")
            cseq, effects = self._session.say(text, self._now)
            receipt: "asyncio.Future[Receipt]" = asyncio.get_running_loop().create_future()
            receipt.add_done_callback(_look_at)
            self._receipts[cseq] = receipt
            self._perform(effects)
        return receipt

    async def flush(self) -> None:
        """Returns when everything that was said is safe. Raises if the client ended before."""
        while self.unsafe and not self._has_ended:
            await self._change()
        if self._fault:
            raise self._fault

    async def __aiter__(self) -> AsyncIterator[Event]:
        """What is said and what happens, in order, to one reader at a time. Ends when the client is closed; raises why it failed.

        While more than `Limits.queue` events wait, the client reads nothing from its server, receipts included. A client that is
        behind by far is closed by its server, and resumes when the program has caught up. Before this is used for the first time
        nothing waits: the newest `Limits.queue` events are kept, and `Skipped` says how many are not.
        """
        self._listens = True
        if self._skipped:
            skipped, self._skipped = self._skipped, 0
            yield Skipped(skipped)
        while True:
            while self._events:
                event = self._events.popleft()
                if self._is_behind and len(self._events) <= self._limits.queue // 2:
                    self._is_behind = False
                    self._wake()
                yield event
            if self._has_ended:
                if self._fault:
                    raise self._fault
                return
            await self._change()

    async def close(self) -> None:
        """Logs out. Messages that are not known to be safe get `Closed`."""
        connection = self._connection
        self._perform(self._session.close())
        if connection is not None:
            await connection.finish(GOODBYE)

    # The session

    @property
    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    @property
    def _has_ended(self) -> bool:
        return self._session.state is State.ENDED

    def _perform(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Tell):
                self._has_logged_in = self._has_logged_in or isinstance(effect.event, Connected)
                self._events.append(effect.event)
            elif isinstance(effect, Send):
                if self._connection is not None:
                    self._connection.send(effect.line)
            elif isinstance(effect, Resolve):
                receipt = self._receipts.pop(effect.receipt.cseq, None)
                if receipt is not None and not receipt.done():
                    receipt.set_result(effect.receipt)
            elif isinstance(effect, Refuse):
                receipt = self._receipts.pop(effect.cseq, None)
                if receipt is not None and not receipt.done():
                    receipt.set_exception(effect.fault)
            elif isinstance(effect, Connect):
                self._disconnect()
                self._connection = Connection(effect.to, self._tls, self)
            elif isinstance(effect, Disconnect):
                self._disconnect()
            elif isinstance(effect, End):
                self._fault = effect.fault
                if effect.fault is not None:
                    self._disconnect()
        if len(self._events) > self._limits.queue:
            self._overflow()
        self._set_timer()
        self._wake()

    def _overflow(self) -> None:
        if self._listens and not self._is_behind:
            self._is_behind = True
            self._session.reading(False, self._now)
        while not self._listens and len(self._events) > self._limits.queue:
            self._events.popleft()
            self._skipped += 1

    def _set_timer(self) -> None:
        """Most deadlines move on with each line. A timer that comes too early finds nothing to do, and is set anew."""
        deadline = self._session.deadline
        if self._timer is not None and (deadline is None or deadline < self._timer.when()):
            self._timer.cancel()
            self._timer = None
        if self._timer is None and deadline is not None:
            self._timer = asyncio.get_running_loop().call_at(deadline, self._time_passed)

    def _time_passed(self) -> None:
        self._timer = None
        self._perform(self._session.time_passed(self._now))

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    # The connection

    async def connected(self, connection: Connection) -> None:
        try:
            token = self._token if self._token is None or isinstance(self._token, str) else await self._token()
        except Exception as error:
            raise ConnectionError(f"there is no token: {error}") from error
        if connection is self._connection:
            self._perform(self._session.connected(self._now, token))

    def received(self, connection: Connection, line: bytes) -> None:
        if connection is self._connection:
            self._perform(self._session.received(line, self._now))

    async def room(self) -> None:
        if not self._is_behind:
            return
        while self._is_behind and not self._has_ended:
            await self._change()
        self._session.reading(True, self._now)
        self._set_timer()

    def ended(self, connection: Connection, reason: str) -> None:
        if connection is self._connection:
            self._connection = None
            self._perform(self._session.disconnected(reason, self._now))

    # Whoever waits

    async def _change(self) -> None:
        """Returns when something has changed."""
        change: "asyncio.Future[None]" = asyncio.get_running_loop().create_future()
        self._waiting[change] = None
        try:
            await change
        finally:
            del self._waiting[change]

    def _wake(self) -> None:
        for change in self._waiting:
            if not change.done():
                change.set_result(None)


def _look_at(receipt: "asyncio.Future[Receipt]") -> None:
    """Whoever doesn't wait for a receipt needs no warning that nobody looked at its fault."""
    if not receipt.cancelled():
        receipt.exception()


def _context(tls: Union[bool, str, ssl.SSLContext]) -> Optional[ssl.SSLContext]:
    if isinstance(tls, ssl.SSLContext):
        return tls
    if not tls:
        return None
    return ssl.create_default_context(cafile=None if tls is True else tls)
