"""python.py LIBRARY: drives the Python library by lines of JSON (clients/conformance/README.md)."""

import asyncio
import json
import re
import sys
from typing import Any, Dict, Optional

sys.path.insert(0, sys.argv[1])
import coppice  # noqa: E402

COUNTS = {"refusals", "complaints", "complaintsPerMessage", "window", "windowBytes", "queue"}


def saw(what: str, **fields: Any) -> None:
    print(json.dumps({"saw": what, **fields}), flush=True)


def lower(name: str) -> str:
    return name[0].lower() + name[1:]


def limits(given: Dict[str, Any]) -> "coppice.Limits":
    """Limits as JavaScript has them, in milliseconds."""
    return coppice.Limits(**{
        re.sub("[A-Z]", lambda capital: "_" + capital.group().lower(), name): value if name in COUNTS else value / 1000
        for name, value in given.items()})


class Driver:
    def __init__(self) -> None:
        self.client: Optional[coppice.Client] = None
        self.said: "asyncio.Queue[Dict[str, Any]]" = asyncio.Queue()
        self.listens = asyncio.Event()
        self.listens.set()

    async def run(self) -> None:
        reader = asyncio.StreamReader(limit=1 << 24)
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        tasks = []
        while True:
            line = await reader.readline()
            if not line:
                return
            command = json.loads(line)
            if command["do"] == "connect":
                self.client = coppice.Client(
                    command["servers"], username=command.get("username"), secret=command.get("secret"),
                    register=command.get("register", False), tls=command.get("authority", False),
                    limits=limits(command.get("limits", {})))
                try:
                    await self.client.connect()
                except coppice.CoppiceError as fault:
                    saw("failed", reason=lower(type(fault).__name__), info=str(fault))
                    continue
                tasks = [asyncio.ensure_future(self.listen()), asyncio.ensure_future(self.say())]
            elif command["do"] == "say":
                self.said.put_nowait(command)
            elif command["do"] == "listen":
                (self.listens.set if command["on"] else self.listens.clear)()
            elif command["do"] == "close":
                assert self.client is not None
                await self.client.close()
                await asyncio.wait(tasks[:1])
                saw("closed")

    async def listen(self) -> None:
        assert self.client is not None
        try:
            async for event in self.client:
                await self.listens.wait()
                saw(lower(type(event).__name__), **vars(event))
        except coppice.CoppiceError as fault:
            saw("failed", reason=lower(type(fault).__name__), info=str(fault))

    async def say(self) -> None:
        assert self.client is not None
        while True:
            command = await self.said.get()
            try:
                receipt = await self.client.post(command["activity"])
            except coppice.CoppiceError as fault:
                saw("refused", n=command["n"], reason=lower(type(fault).__name__))
                continue
            receipt.add_done_callback(lambda done, n=command["n"]: self.answered(n, done))

    def answered(self, n: int, receipt: "asyncio.Future[coppice.Receipt]") -> None:
        fault = receipt.exception()
        if fault:
            saw("refused", n=n, reason=lower(type(fault).__name__))
        else:
            saw("receipt", n=n, **vars(receipt.result()))


async def main() -> None:
    await Driver().run()  # made inside: Python 3.9 ties a queue to the loop of its making


asyncio.run(main())
