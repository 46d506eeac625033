"""A client of the network without its sockets: what it sends and receives, at whichever server.

A connection may be lost at any time; the session stays. The session numbers its messages and keeps each until it has come back. It also
remembers how far it has received the messages of all senders. So at any other server it can ask for the rest and repeat the messages
that were lost on the way, and no message is shown twice.

    pausing --> connecting --> registering --> logging in --> logged in
       ^             |              |              |             |
       +-------------+--------------+--------------+-------------+  lost, full, refused for now, redirected

It is a state machine: events go in as calls with the time, effects come out. It reads no clock and draws no chance of its own. Its
effects are performed in order before the next event. `Sources/Session/ClientSession.swift` is the same machine in Swift, and `clients/conformance/histories` has what these machines do, as data.
"""

from dataclasses import replace
from enum import Enum
from typing import List, Optional, Sequence, Tuple, Union

from . import faults, wire
from .credentials import Credentials
from .effects import Connect, Disconnect, Effect, End, Refuse, Resolve, Send, Tell
from .events import CaughtUp, Connected, Gap, JSON, Lost, Message, Notice, Receipt
from .heartbeat import Heartbeat, Pulse
from .limits import LINE_BYTES, Limits
from .route import Random, Route
from .sending import Sending
from .settling import Settling
from .values import Address, Doubles, Identity, Outgoing, Vector


class State(Enum):
    PAUSING = "pausing"
    """There is no connection. Next: connecting, when the time has come."""
    CONNECTING = "connecting"
    """Next: registering or logging in, when the connection is made."""
    REGISTERING = "registering"
    """The answer to `REGISTER` is awaited. Next: logging in."""
    LOGGING_IN = "logging in"
    """The answer to `LOGIN` is awaited. Next: logged in."""
    LOGGED_IN = "logged in"
    ENDED = "ended"


class Registration(Enum):
    WANTED = "wanted"
    ASKED = "asked"
    """If the answer is lost with the connection, a login shows whether the name is registered."""
    DONE = "done"


class Session:
    def __init__(
        self, identity: Identity, given: Sequence[Address], random: Random, *, registers: bool = False,
        limits: Limits = Limits(),
    ) -> None:
        self._identity = identity
        self._limits = limits
        self._credentials = Credentials(identity.secret, given)
        self._route = Route(given, limits, random, self._credentials.can_log_in)
        self._effects: List[Effect] = []
        self.state = State.PAUSING
        self.server: Optional[Address] = None
        """The server that the client is connected to, or connects to."""
        self._due: Optional[float] = None
        """When the pause, or the patience with a server that doesn't answer, ends."""
        self._started_at = 0.0
        self._registration = Registration.WANTED if registers else Registration.DONE
        self._token: Optional[str] = None
        self._refusals = 0
        # What is remembered over all servers
        self._has_logged_in = False
        self._sending = Sending(limits)
        self._doubles = Doubles()
        self._vector: Optional[Vector] = None
        self._last: Optional[Tuple[int, str]] = None  # the greatest entry that was received, in the order of stamps
        # What the server has said at the login
        self.name = identity.username or wire.ANONYMOUS
        """The client's name as others see it."""
        self._shown_session = identity.session
        self._line_bytes = LINE_BYTES
        self._promised = 1
        # After a login
        self._heartbeat = Heartbeat(limits)
        self._settling = Settling(limits)

    # What the program may ask

    @property
    def unsafe(self) -> int:
        """Own messages that are not known to be safe."""
        return len(self._sending.outbox)

    @property
    def has_room(self) -> bool:
        return self._sending.has_room

    @property
    def deadline(self) -> Optional[float]:
        """When `time_passed` is due."""
        deadlines = [self._due, self._settling.deadline]
        if self.state is State.LOGGED_IN:
            deadlines += [self._heartbeat.deadline, self._credentials.renew_at]
        return min((at for at in deadlines if at is not None), default=None)

    # Events

    def start(self, now: float) -> List[Effect]:
        if self.state is not State.ENDED:
            self._started_at = now
            self._connect(now)
        return self._taken()

    def connected(self, now: float, token: Optional[str] = None) -> List[Effect]:
        """The connection has been made. `token` is what to log in with, where that isn't a secret."""
        if self.state is State.CONNECTING:
            self._token = token
            if self._registration is Registration.WANTED:
                self._registration = Registration.ASKED
                self.state, self._due = State.REGISTERING, now + self._limits.answer_timeout
                self._effects.append(Send(wire.register(self._identity)))
            else:
                self._log_in(now)
        return self._taken()

    def disconnected(self, reason: str, now: float) -> List[Effect]:
        """The connection, or the attempt to make one, has ended without our doing."""
        self._connection_lost(reason, now)
        return self._taken()

    def received(self, line: Union[str, bytes], now: float) -> List[Effect]:
        if self.state in (State.PAUSING, State.CONNECTING, State.ENDED):
            return []
        self._heartbeat.heard(now)
        try:
            message = wire.decode(line)
            self._receive(message, message["command"], now)
        except wire.UNREADABLE:
            self._go_elsewhere("it doesn't speak the protocol", now)
        return self._taken()

    def say(self, activity: str, now: float) -> Tuple[int, List[Effect]]:
        """Says the text of an object. Returns its number. Raises `TooLong`."""
        if self._has_logged_in:
            fault = self._fault_of_length(activity, self._sending.outbox.next_cseq)
            if fault:
                raise fault
        message = self._sending.outbox.add(activity)
        if self.state is State.LOGGED_IN:
            self._send(self._sending.added(message), now)
        return message.cseq, self._taken()

    def reading(self, is_reading: bool, now: float) -> None:
        """The program takes events, or is behind with them and nothing is read from the server."""
        self._heartbeat.reading(is_reading, now)

    def time_passed(self, now: float) -> List[Effect]:
        if self._settling.deadline is not None and now >= self._settling.deadline:
            self._route.held()
            self._sending.held()
            self._tell_caught_up(self._settling.settled())
        if self.state is State.LOGGED_IN:
            self._renew_token(now)
            pulse = self._heartbeat.check(now)
            if pulse is Pulse.PING:
                self._heartbeat.said(now)
                self._effects.append(Send(wire.PING))
            elif pulse is Pulse.LOST:
                self._go_elsewhere("it has fallen silent", now, is_silent=True)
        elif self._due is not None and now >= self._due:
            if self.state is State.PAUSING:
                self._connect(now)
            else:
                is_connecting = self.state is State.CONNECTING
                self._go_elsewhere("connecting took too long" if is_connecting else "no answer came", now)
        return self._taken()

    def close(self) -> List[Effect]:
        if self.state is not State.ENDED:
            self._end(None)
        return self._taken()

    def _taken(self) -> List[Effect]:
        effects, self._effects = self._effects, []
        return effects

    # Finding a server

    def _connect(self, now: float) -> None:
        self.server = self._route.next()
        self.state, self._due = State.CONNECTING, now + self._limits.connect_timeout
        self._effects.append(Connect(self.server))

    def _log_in(self, now: float) -> None:
        self.state, self._due = State.LOGGING_IN, now + self._limits.answer_timeout
        assert self.server is not None
        since = self._vector if self._has_logged_in else None
        shown = self._credentials.show(self.server)
        line = wire.login(self._identity, shown, self._token, since, self._last, self._route.was_redirected(now))
        self._effects.append(Send(line))

    def _renew_token(self, now: float) -> None:
        """Asks for a new resume token, on the connection that is logged in."""
        if self.server is not None and self._credentials.renew_at is not None and now >= self._credentials.renew_at:
            secret, _ = self._credentials.show(self.server)
            self._heartbeat.said(now)
            self._effects.append(Send(wire.login(self._identity, (secret, None), None)))

    def _leave(self, reason: str) -> None:
        """The client has no server now."""
        if self.state is State.LOGGED_IN:
            self._effects.append(Tell(Lost(str(self.server), reason)))
        self.server = None
        self._settling.left()

    def _pause(self, pause: float, now: float) -> None:
        self.state, self._due = State.PAUSING, now + pause

    def _connection_lost(self, reason: str, now: float, *, is_silent: bool = False) -> None:
        if self.state in (State.PAUSING, State.ENDED):
            return
        assert self.server is not None
        here, had_held = self.server, self._settling.is_over
        if self.state is State.LOGGED_IN:
            self._leave(reason)
            return self._pause(self._route.lost(here, had_held=had_held, is_silent=is_silent), now)
        # A client that was turned away knows that the network is there.
        is_patient = now < self._started_at + self._limits.first_patience or self._route.times_turned_away > 0
        if not self._has_logged_in and not is_patient:
            return self._end(faults.Unreachable(f"{here} can't be reached: {reason}"))
        self._leave(reason)
        self._pause(self._route.failed(self._has_logged_in), now)

    def _go_elsewhere(self, reason: str, now: float, *, is_silent: bool = False) -> None:
        """Gives this server up for now. Another one, or later the same one, may work."""
        self._effects.append(Disconnect())
        self._connection_lost(reason, now, is_silent=is_silent)

    def _redirected(self, to: Address, now: float) -> None:
        self._effects.append(Disconnect())
        if self.state is State.REGISTERING:
            self._registration = Registration.WANTED
        self._leave(f"it sent us to {to}")
        if self._route.redirected(to, now):
            self._connect(now)
        else:
            self._pause(self._route.failed(self._has_logged_in), now)

    def _turned_away(self, info: str, told: List[Address], now: float) -> None:
        assert self.server is not None
        here = self.server
        self._effects.append(Disconnect())
        if self.state is State.REGISTERING:
            self._registration = Registration.WANTED
        self._leave(info)
        self._pause(self._route.turned_away(here, told), now)

    # Messages from the server

    def _receive(self, message: JSON, command: str, now: float) -> None:
        info = str(message.get("info") or "")
        if command == "ACTIVITY_BROADCAST":
            if self.state is State.LOGGED_IN:
                self._broadcast(wire.broadcast(message), now)
        elif command == "LOGIN_SUCCESS":
            self._given_token(message, now)
            if self.state is State.LOGGING_IN:
                self._logged_in(wire.Success.read(message), now)
        elif command == "LOGIN_FAILED":
            if self.state is State.LOGGING_IN:
                self._login_failed(info, now)
        elif command == "REGISTER_SUCCESS":
            if self.state is State.REGISTERING:
                self._registration = Registration.DONE
                self._log_in(now)
        elif command == "REGISTER_FAILED":
            self._end(faults.RegistrationRefused(info))
        elif command == "AUTHENTICATION_FAIL":
            self._end(faults.LoginRefused(info))
        elif command == "INVALID_MESSAGE":
            if message.get("servers") is not None:
                self._turned_away(info, wire.addresses(message["servers"]), now)
            else:
                self._complained(info, now)
        elif command == "REDIRECT":
            self._given_token(message, now)
            self._redirected(wire.address(message), now)
        elif command == "GAP":
            if self.state is State.LOGGED_IN:
                self._gap(Gap(str(message["origin"]), int(message["from"]), int(message["through"])))
        elif command == "NOTICE":
            waits = message.get("waits") if isinstance(message.get("waits"), bool) else None
            if waits is not None:
                self._heartbeat.is_held_back = waits
            self._effects.append(Tell(Notice(info, waits)))

    def _given_token(self, message: JSON, now: float) -> None:
        if self.server is not None:
            self._credentials.received(message.get("resume_token"), message.get("resume_seconds"), self.server, now)

    def _logged_in(self, success: wire.Success, now: float) -> None:
        self.state, self._due = State.LOGGED_IN, None
        self._registration, self._refusals = Registration.DONE, 0
        self._route.remember(success.servers)
        self.name = success.username or self._identity.username or wire.ANONYMOUS
        self._shown_session = success.shown_session or self._identity.session
        self._line_bytes, self._promised = success.line_bytes, success.copies
        self._heartbeat.begin(success.vector is not None, success.idle_timeout, now)
        # At a later login the server's vector says how far the server is, and not how far this client is.
        if self._vector is None:
            self._vector = success.vector
        is_returning, self._has_logged_in = self._has_logged_in, True
        self._effects.append(Tell(Connected(str(self.server), self.name, is_returning)))
        if success.cut:
            self._effects.append(Tell(Notice(f"the connection was closed before: {success.cut}")))
        self._sending.begin()
        self._refuse_too_long()
        self._send(self._sending.due(), now)
        self._settling.begin(success.vector, is_returning, now)
        self._tell_caught_up(self._settling.caught_up(self._vector))

    def _login_failed(self, info: str, now: float) -> None:
        if self.server is not None and self._credentials.refused(self.server):
            return self._go_elsewhere(info, now)
        if self._registration is Registration.ASKED:
            # The name is unknown, so the registration didn't reach the server.
            self._registration = Registration.WANTED
            return self._go_elsewhere(info, now)
        # A client that was logged in before has the right secret. A server may also say that it can't check it now.
        self._refusals += 1
        if (self._has_logged_in or "try again" in info) and self._refusals <= self._limits.refusals:
            return self._go_elsewhere(info, now)
        self._end(faults.LoginRefused(info))

    def _broadcast(self, message: Message, now: float) -> None:
        if message.id is not None:
            origin, sequence = wire.entry(message.id)
            if self._vector is None:
                self._vector = Vector({})
            if self._vector.covers(origin, sequence):
                return
            self._vector.raise_to(origin, sequence)
            if message.stamp is not None and not message.late and (self._last is None or self._last[0] <= message.stamp):
                self._last = (message.stamp, message.id)
            self._settling.received(origin, sequence, now)
        cseq = self._own_number(message)
        if cseq is not None:
            message = replace(message, own=True)
            self._came_back(message, cseq, now)
        is_first = message.session is None or message.cseq is None or self._doubles.is_first(
            message.sender, message.session, message.cseq)
        if is_first:
            self._effects.append(Tell(message))
        self._tell_caught_up(self._settling.caught_up(self._vector))

    def _gap(self, gap: Gap) -> None:
        if self._vector is None:
            self._vector = Vector({})
        self._vector.raise_to(gap.origin, gap.last)
        self._effects.append(Tell(gap))
        self._tell_caught_up(self._settling.caught_up(self._vector))

    def _tell_caught_up(self, missed: Optional[int]) -> None:
        if missed is not None:
            self._effects.append(Tell(CaughtUp(missed)))

    # Own messages

    def _line(self, activity: str, cseq: int) -> str:
        return wire.activity(activity, cseq, self.name, self._credentials.shown_secret)

    def _send(self, messages: List[Outgoing], now: float) -> None:
        for message in messages:
            self._heartbeat.said(now)
            self._effects.append(Send(self._line(message.activity, message.cseq)))

    def _fault_of_length(self, activity: str, cseq: int) -> Optional[faults.TooLong]:
        size = len(self._line(activity, cseq).encode())
        if size <= self._line_bytes:
            return None
        return faults.TooLong(f"the message has {size} bytes, and the server takes {self._line_bytes}")

    def _refuse_too_long(self) -> None:
        """Refuses waiting messages that are too long for the server of this login."""
        for message in self._sending.outbox:
            fault = self._fault_of_length(message.activity, message.cseq)
            if fault:
                self._sending.outbox.remove(message.cseq)
                self._effects.append(Refuse(message.cseq, fault))

    def _own_number(self, message: Message) -> Optional[int]:
        if message.sender != self.name:
            return None
        if message.session is not None:
            return message.cseq if message.session == self._shown_session else None
        # A server of the base protocol gives no numbers: the message is recognised by its content.
        return self._sending.outbox.find(message.activity) if message.id is None else None

    def _came_back(self, echo: Message, cseq: int, now: float) -> None:
        """The echo of an own message is its receipt: a server shows only what is safe."""
        copies = self._promised if echo.copies is None else echo.copies
        # Without numbers the order says nothing: such a server promises none.
        for number in self._sending.came_back(cseq, alone=echo.cseq is None):
            mine = echo if number == cseq else None
            receipt = Receipt(number, copies, self._promised, mine.id if mine else None, mine.stamp if mine else None)
            self._effects.append(Resolve(receipt))
        self._send(self._sending.due(), now)

    def _complained(self, info: str, now: float) -> None:
        if not self._has_logged_in:
            return self._end(faults.NotUnderstood(info))
        gives_up, cseq = self._sending.complained(info, self.state is State.LOGGED_IN)
        if gives_up:
            return self._end(faults.ServerComplains(info))
        if cseq:
            self._effects.append(Refuse(cseq, faults.MessageRefused(info)))
        self._go_elsewhere(info, now)

    def _end(self, fault: Optional[faults.CoppiceError]) -> None:
        if self.state is State.LOGGED_IN:
            self._effects.append(Send(wire.LOGOUT))
        left = fault or faults.Closed("the client was closed before the message was known to be safe")
        self._effects += [Refuse(message.cseq, left) for message in self._sending.outbox]
        self.state, self._due, self.server = State.ENDED, None, None
        self._settling.left()
        self._effects.append(End(fault))
