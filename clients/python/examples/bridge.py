#!/usr/bin/env python3
"""bridge.py [HOST:PORT [HTTP-PORT]]: lets programs that only speak HTTP say things: a webhook, a cron job, a monitor.

    curl -d '{"alert": "disk full"}' http://localhost:8080/

The answer comes when the message is safe, and has its receipt; 503 means that it isn't known to be safe.
"""

import asyncio
import http.server
import json
import pathlib
import sys
import threading
from dataclasses import asdict

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))  # not needed after `pip install ./clients/python`
import coppice  # noqa: E402

LONGEST_BYTES = 60_000
PATIENCE = 20.0


async def main(server: str = "localhost:3780", port: str = "8080") -> None:
    loop = asyncio.get_running_loop()
    async with coppice.Client(server) as client:

        class Handler(http.server.BaseHTTPRequestHandler):
            timeout = 10

            def do_POST(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                if size > LONGEST_BYTES:
                    return self.answer(413, {"fault": f"at most {LONGEST_BYTES} bytes"})
                try:
                    activity = json.loads(self.rfile.read(size))
                    if not isinstance(activity, dict):
                        raise ValueError("not a JSON object")
                except ValueError as fault:
                    return self.answer(400, {"fault": str(fault)})
                saying = asyncio.run_coroutine_threadsafe(asyncio.wait_for(client.say(activity), PATIENCE), loop)
                try:
                    self.answer(200, asdict(saying.result()))
                except (coppice.CoppiceError, asyncio.TimeoutError) as fault:
                    self.answer(503, {"fault": f"{type(fault).__name__}: {fault}"})

            def answer(self, status: int, body: "dict[str, object]") -> None:
                content = json.dumps(body).encode() + b"\n"
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        web = http.server.ThreadingHTTPServer(("localhost", int(port)), Handler)
        threading.Thread(target=web.serve_forever, daemon=True).start()
        print(f"listening on http://localhost:{web.server_port}/", flush=True)
        async for event in client:
            if isinstance(event, coppice.Lost):
                print(f"{event.server} was lost: {event.reason}", file=sys.stderr)


try:
    asyncio.run(main(*sys.argv[1:]))
except KeyboardInterrupt:
    pass
except coppice.CoppiceError as fault:
    sys.exit(f"{type(fault).__name__}: {fault}")
