"""What the tests here need: a node, and programs that end with the test."""

import json
import os
import pathlib
import re
import selectors
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from typing import Any, Dict, List, Optional

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("COPPICE_BINARY") or str(ROOT / ".build/release/coppice")
PATIENCE = 60.0
SECRET = "tests"


class Program:
    """A program whose lines are read as they come."""

    def __init__(self, *command: str, folder: Optional[str] = None, environment: Optional[Dict[str, str]] = None) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder, start_new_session=True,
            env={**os.environ, **(environment or {})})
        self._rest = b""
        self.lines: List[str] = []
        self.command = command

    def type(self, *lines: str) -> None:
        assert self._process.stdin
        self._process.stdin.write("".join(line + "\n" for line in lines).encode())
        self._process.stdin.flush()

    def end_input(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.stdin = None

    def expect(self, pattern: str, patience: float = PATIENCE) -> "re.Match[str]":
        """Reads until a line fits."""
        deadline = time.monotonic() + patience
        with selectors.DefaultSelector() as selector:
            assert self._process.stdout
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while True:
                while b"\n" in self._rest:
                    line, self._rest = self._rest.split(b"\n", 1)
                    self.lines.append(line.decode())
                    found = re.search(pattern, self.lines[-1])
                    if found:
                        return found
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise AssertionError(f"{self.command} wrote no {pattern!r} but {self.lines}")
                data = os.read(self._process.stdout.fileno(), 1 << 16)
                if not data:
                    raise AssertionError(f"{self.command} ended without {pattern!r}: {self.lines}")
                self._rest += data

    def finish(self) -> int:
        """Waits for the program to end."""
        output, _ = self._process.communicate(timeout=PATIENCE)
        self.lines += (self._rest + output).decode().splitlines()
        return self._process.returncode

    def kill(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()


class NodeTestCase(unittest.TestCase):
    """A test with a node at `self.port`."""

    def setUp(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="coppice-clients-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.port = self.node()

    def start(self, *command: str, **options: Any) -> Program:
        program = Program(*command, folder=self.folder, **options)
        self.addCleanup(program.kill)
        return program

    def node(self, *flags: str) -> int:
        node = self.start(PROGRAM, "node", "-lp", "0", "-ms", SECRET, "--memory", "--clock", "none", "--redirect-gap", "0", *flags)
        return int(node.expect(r"listening on .*:(\d+)").group(1))

    def line_client(self, port: int) -> "LineClient":
        client = LineClient(port)
        self.addCleanup(client.close)
        return client


class LineClient:
    """A connection that sends and reads lines."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("localhost", port), PATIENCE)
        self._lines = self._socket.makefile("r", encoding="utf-8", newline="\n")

    def send(self, message: Dict[str, Any]) -> None:
        self._socket.sendall(json.dumps(message, ensure_ascii=False).encode() + b"\n")

    def read(self) -> Optional[Dict[str, Any]]:
        """The next message; None if the node has closed."""
        line = self._lines.readline()
        return json.loads(line) if line else None

    def close(self) -> None:
        self._lines.close()
        self._socket.close()
