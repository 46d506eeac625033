#!/usr/bin/env python3
"""load.py [HOST:PORT,… [CLIENTS [MESSAGES [WINDOW]]]]: a load test. One client says MESSAGES, of which WINDOW are under way at most; CLIENTS
listen. Prints how fast they came, how long receipts took, and ends with status 1 if anybody missed one."""

import asyncio
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))  # not needed after `pip install ./clients/python`
import coppice  # noqa: E402


async def listen(client: coppice.Client, session: str, count: int) -> int:
    seen = 0
    async for event in client:
        if isinstance(event, coppice.Message) and event.activity.get("run") == session:
            seen += 1
            if event.activity["n"] == count - 1:
                break
    return seen


async def main(servers: str = "localhost:3780", clients: str = "20", messages: str = "5000", window: str = "256") -> int:
    nodes, count, run = servers.split(","), int(messages), str(time.time_ns())
    listeners = [coppice.Client(nodes[index % len(nodes)]) for index in range(int(clients))]
    await asyncio.gather(*(client.connect() for client in listeners))
    async with coppice.Client(nodes[0], limits=coppice.Limits(window=int(window))) as sender:
        listening = [asyncio.ensure_future(listen(client, run, count)) for client in listeners]
        times = []
        began = time.perf_counter()
        for n in range(count):
            said = time.perf_counter()
            receipt = await sender.post({"run": run, "n": n, "text": "x" * 64})
            receipt.add_done_callback(lambda _, said=said: times.append(time.perf_counter() - said))
        seen = await asyncio.gather(*listening)
        await sender.flush()
        took = time.perf_counter() - began
    await asyncio.gather(*(client.close() for client in listeners))
    times.sort()
    print(f"{sum(seen) / took:,.0f} deliveries a second; receipts after {times[len(times) // 2] * 1000:.1f} ms (half), "
          f"{times[len(times) * 99 // 100] * 1000:.1f} ms (99 of 100); {count * len(seen) - sum(seen)} missed")
    return 0 if sum(seen) == count * len(seen) else 1


sys.exit(asyncio.run(main(*sys.argv[1:])))
