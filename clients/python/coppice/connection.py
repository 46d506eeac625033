"""One connection to a server: lines in, lines out, on asyncio's loop."""

import asyncio
import socket
import ssl
from typing import Any, Optional, Protocol

from .limits import RECEIVED_LINE_BYTES
from .values import Address


class Listener(Protocol):
    """Whose connection it is. Nothing is reported any more once the connection is closed."""

    async def connected(self, connection: "Connection") -> None: ...

    def received(self, connection: "Connection", line: bytes) -> None: ...

    async def room(self) -> None:
        """Returns when more may be read."""

    def ended(self, connection: "Connection", reason: str) -> None: ...


class Connection:
    def __init__(self, to: Address, tls: Optional[ssl.SSLContext], listener: Listener) -> None:
        self._to = to
        self._tls = tls
        self._listener = listener
        self._writer: Optional[asyncio.StreamWriter] = None
        self._is_closed = False
        self._task = asyncio.ensure_future(self._run())

    def send(self, line: str) -> None:
        if self._writer is not None and not self._is_closed and not self._writer.transport.is_closing():
            self._writer.write(line.encode() + b"\n")

    def close(self) -> None:
        """Gives the connection up at once."""
        self._is_closed = True
        if self._writer is not None:
            self._writer.transport.abort()
        self._task.cancel()

    async def finish(self, patience: float) -> None:
        """Closes once everything is sent."""
        self._is_closed = True
        self._task.cancel()
        if self._writer is not None:
            self._writer.close()
            try:
                await asyncio.wait_for(self._writer.wait_closed(), patience)
            except (OSError, asyncio.TimeoutError):
                self._writer.transport.abort()

    async def _run(self) -> None:
        reason = "the server closed the connection"
        try:
            host = self._to.host if self._tls else None
            reader, self._writer = await asyncio.open_connection(
                self._to.host, self._to.port, ssl=self._tls, server_hostname=host)
            _keep_alive(self._writer.get_extra_info("socket"))
            await self._listener.connected(self)
            await self._read(reader)
        except (OSError, EOFError, ValueError) as error:
            reason = str(error) or type(error).__name__
        if not self._is_closed:
            self._is_closed = True
            if self._writer is not None:
                self._writer.transport.abort()
            self._listener.ended(self, reason)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        rest = b""
        while True:
            data = await reader.read(1 << 16)
            if not data:
                return  # an unfinished last line doesn't count: TCP and TLS end like that when a server is killed
            *lines, last = data.split(b"\n")
            if lines:
                lines[0], rest = rest + lines[0], b""
            rest += last
            for line in lines:
                if self._is_closed:
                    return
                self._listener.received(self, line)
            if len(rest) > RECEIVED_LINE_BYTES:
                raise ValueError(f"a line has more than {RECEIVED_LINE_BYTES} bytes")
            await self._listener.room()


def _keep_alive(connection: Any) -> None:
    """A server that vanished without a word, and isn't asked by `PING`, is given up after some ten seconds."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 5), ("TCP_KEEPINTVL", 2), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, option):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
