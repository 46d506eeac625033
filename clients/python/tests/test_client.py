"""The client on asyncio's loop, against a server that the test plays itself."""

import asyncio
import json
import unittest
from typing import Any, Callable, Dict, List, Optional

import coppice
from coppice import Client, Limits, Message


class Server:
    """A server that a test plays: it lets everybody in, and says what the test wants."""

    def __init__(self) -> None:
        self.received: List[Dict[str, Any]] = []
        self.writers: List[asyncio.StreamWriter] = []
        self.changed = asyncio.Event()
        self.sequence = 0
        self.together: Optional[List[bytes]] = None

    async def __aenter__(self) -> "Server":
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.address = "127.0.0.1:%d" % self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: Any) -> None:
        self.server.close()
        for writer in self.writers:
            writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        async for line in reader:
            message = json.loads(line)
            self.received.append(message)
            self.changed.set()
            if message["command"] == "LOGIN":
                self.tell(command="LOGIN_SUCCESS", info="in", vector={}, shown="shown", copies=2)

    def tell(self, **message: Any) -> None:
        line = json.dumps(message).encode() + b"\n"
        if self.together is None:
            self.writers[-1].write(line)
        else:
            self.together.append(line)

    def tell_at_once(self, tell: Callable[[], None]) -> None:
        self.together = []
        tell()
        together, self.together = b"".join(self.together), None
        self.writers[-1].write(together)

    def broadcast(self, n: int, **fields: Any) -> None:
        self.sequence += 1
        activity = {"n": n, "authenticated_user": "anonymous"}
        self.tell(command="ACTIVITY_BROADCAST", activity=activity, id=f"o.{self.sequence}", stamp="1", copies=2, **fields)

    def echo(self, cseq: int) -> None:
        self.broadcast(cseq, session="shown", cseq=cseq)

    async def until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            self.changed.clear()
            await asyncio.wait_for(self.changed.wait(), 30)

    def said(self) -> List[int]:
        return [message["cseq"] for message in self.received if message["command"] == "ACTIVITY_MESSAGE"]


class ClientTests(unittest.IsolatedAsyncioTestCase):
    async def test_say_returns_when_the_message_came_back(self) -> None:
        async with Server() as server, Client(server.address) as client:
            saying = asyncio.ensure_future(client.say("hello"))
            await server.until(lambda: server.said() == [1])
            self.assertEqual(server.received[-1]["activity"], {"object": "hello"})
            self.assertFalse(saying.done())
            server.echo(1)
            receipt = await saying
            self.assertEqual((receipt.cseq, receipt.copies, receipt.promised), (1, 2, 2))

    async def test_whoever_waits_for_room_first_says_first(self) -> None:
        async with Server() as server, Client(server.address, limits=Limits(window=2)) as client:
            saying = [asyncio.ensure_future(client.say({"n": n})) for n in range(1, 7)]
            await server.until(lambda: len(server.said()) == 2)
            for n in range(1, 7):
                server.echo(n)
                await saying[n - 1]
            self.assertEqual([m["activity"]["n"] for m in server.received if m["command"] == "ACTIVITY_MESSAGE"], [1, 2, 3, 4, 5, 6])

    async def test_a_cancelled_say_that_waits_for_room_says_nothing(self) -> None:
        async with Server() as server, Client(server.address, limits=Limits(window=1)) as client:
            first = asyncio.ensure_future(client.say({"n": 1}))
            await server.until(lambda: server.said() == [1])
            second = asyncio.ensure_future(client.say({"n": 2}))
            third = asyncio.ensure_future(client.say({"n": 3}))
            await asyncio.sleep(0)
            second.cancel()
            server.echo(1)
            await first
            await server.until(lambda: len(server.said()) == 2)
            self.assertEqual(server.received[-1]["activity"], {"n": 3})
            third.cancel()
            # It was sent, so its echo still comes, and frees its room.
            await asyncio.sleep(0)
            server.echo(2)
            await client.flush()
            self.assertEqual(client.unsafe, 0)

    async def test_a_program_that_takes_no_events_stops_the_reading(self) -> None:
        count = 4000
        asyncio.get_running_loop().slow_callback_duration = 60  # no complaints that this test does much at once
        async with Server() as server, Client(server.address, limits=Limits(queue=10)) as client:
            events = client.__aiter__()
            self.assertIsInstance(await events.__anext__(), coppice.Connected)

            def tell() -> None:
                for n in range(count):
                    server.broadcast(n, filler="x" * 1000)
            server.tell_at_once(tell)
            # Far less than was sent is taken: one piece of what the socket had, and not the rest.
            first = await events.__anext__()
            for _ in range(100):
                await asyncio.sleep(0)
            self.assertLess(len(client._events), 200)
            seen = [first] + [await events.__anext__() for _ in range(count - 1)]
            self.assertEqual([event.activity["n"] for event in seen if isinstance(event, Message)], list(range(count)))

    async def test_what_came_before_anybody_asked_is_bounded_and_told(self) -> None:
        async with Server() as server, Client(server.address, limits=Limits(queue=10)) as client:
            for n in range(30):
                server.broadcast(n)
            receipt = await client.post("last")
            await server.until(lambda: server.said() == [1])
            server.echo(1)
            await receipt
            events = client.__aiter__()
            self.assertEqual(await events.__anext__(), coppice.Skipped(22))
            kept = [await events.__anext__() for _ in range(10)]
            self.assertEqual([e.activity["n"] for e in kept if isinstance(e, Message)], [*range(21, 30), 1])

    async def test_connecting_can_be_cancelled(self) -> None:
        async with Server() as server:
            server.server.close()
            client = Client(server.address)
            connecting = asyncio.ensure_future(client.connect())
            await asyncio.sleep(0)
            connecting.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await connecting
            with self.assertRaises(coppice.Closed):
                await client.say("x")

    async def test_a_client_that_was_closed_stays_closed(self) -> None:
        async with Server() as server:
            client = Client(server.address)
            await client.close()
            with self.assertRaises(coppice.Closed):
                await client.connect()
            self.assertEqual(server.received, [])

    async def test_nobody_there(self) -> None:
        async with Server() as server:
            address = server.address
        with self.assertRaises(coppice.Unreachable):
            await Client(address, limits=Limits(first_patience=0.2)).connect()

    async def test_close_ends_those_who_wait_and_those_who_listen(self) -> None:
        async with Server() as server:
            client = await Client(server.address, limits=Limits(window=1)).connect()
            listening = asyncio.ensure_future(_all(client))
            first, second = [asyncio.ensure_future(client.say("x")) for _ in range(2)]
            await server.until(lambda: server.said() == [1])
            await client.close()
            for saying in (first, second):
                with self.assertRaises(coppice.Closed):
                    await saying
            self.assertEqual(len(await listening), 1)
            await server.until(lambda: bool(server.received[-1]["command"] == "LOGOUT"))
            await client.close()

    async def test_a_token_is_fetched_before_each_login(self) -> None:
        tokens = iter(["first", "second"])

        async def fetch() -> str:
            return next(tokens)
        async with Server() as server, Client(server.address, token=fetch, limits=Limits(first_pause=0.0)):
            server.writers[-1].close()
            await server.until(lambda: len(server.received) == 2)
            self.assertEqual([message["token"] for message in server.received], ["first", "second"])
            self.assertIn("since", server.received[1])

    async def test_a_refusal_ends_the_client_with_its_reason(self) -> None:
        async with Server() as server:
            client = await Client(server.address).connect()
            server.tell(command="AUTHENTICATION_FAIL", info="the name was given to somebody else")
            with self.assertRaisesRegex(coppice.LoginRefused, "somebody else"):
                await _all(client)
            with self.assertRaises(coppice.LoginRefused):
                await client.say("x")

    async def test_what_no_message_can_hold_is_refused_at_once(self) -> None:
        async with Server() as server, Client(server.address) as client:
            wrong: List[Any] = [{"x": float("nan")}, {"x": object()}, "\ud800"]
            for activity in wrong:
                with self.assertRaises((ValueError, TypeError)):
                    await client.say(activity)
            with self.assertRaises(coppice.TooLong):
                await client.say("x" * 70_000)

    def test_addresses(self) -> None:
        self.assertEqual(str(coppice.Address.parse("[::1]:3780")), "[::1]:3780")
        for text in ("localhost", ":1", "a:0", "a:65536", "a:x", ""):
            with self.assertRaises(ValueError):
                Client(text)
        with self.assertRaises(ValueError):
            Client([])


async def _all(client: Client) -> List[coppice.Event]:
    return [event async for event in client]


if __name__ == "__main__":
    unittest.main()
