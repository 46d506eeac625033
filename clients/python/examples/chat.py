#!/usr/bin/env python3
"""chat.py [HOST:PORT [NAME]]: says what you type, and shows what is said. Control-D leaves. The secret of a name is read from the
environment: COPPICE_USER_SECRET."""

import asyncio
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))  # not needed after `pip install ./clients/python`
import coppice  # noqa: E402


async def show(client: coppice.Client) -> None:
    async for event in client:
        if isinstance(event, coppice.Message):
            print(f"<{event.sender}{' (you)' if event.own else ''}> {event.activity.get('object', event.activity)}", flush=True)
        elif isinstance(event, coppice.Gap):
            print(f"-- {event.last - event.first + 1} messages are gone for good", flush=True)
        elif isinstance(event, coppice.Lost):
            print(f"-- {event.server} was lost ({event.reason}); what you type is kept", flush=True)
        elif isinstance(event, coppice.Connected):
            print(f"-- you are {event.name} at {event.server}", flush=True)


async def main(server: str = "localhost:3780", name: "str | None" = None) -> None:
    async with coppice.Client(server, username=name, secret=os.environ.get("COPPICE_USER_SECRET") if name else None) as client:
        showing = asyncio.ensure_future(show(client))
        lines = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        async for line in lines:
            if text := line.decode(errors="replace").strip():
                await client.post(text)
        await client.flush()
    await showing


try:
    asyncio.run(main(*sys.argv[1:]))
except coppice.CoppiceError as fault:
    sys.exit(f"{type(fault).__name__}: {fault}")
