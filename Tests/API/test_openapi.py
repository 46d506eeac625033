"""docs/openapi.yaml against a real node: schemathesis makes up requests from the document, and judges the answers by it."""

import os
import pathlib
import socket
import subprocess
import sys
import threading
import unittest
from typing import Optional

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "clients/tests")]
from place import NodeTestCase  # noqa: E402

SCHEMATHESIS = os.environ.get("SCHEMATHESIS")
EXAMPLES = os.environ.get("EXAMPLES", "60")
SEED = os.environ.get("SEED", "1")
PATIENCE = float(os.environ.get("PATIENCE", "200"))

EVENTS = b"text/event-stream"
"""An answer of this type ends at its first event: schemathesis reads answers to their ends, and this one has none."""


class Passage:
    """Passes connections on to a node, and ends each stream of events after its first event."""

    def __init__(self, port: int) -> None:
        self._node = port
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                asker, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(asker,), daemon=True).start()

    def _serve(self, asker: socket.socket) -> None:
        with asker, socket.create_connection(("127.0.0.1", self._node)) as node:
            threading.Thread(target=self._pass_on, args=(asker, node), daemon=True).start()
            answer = b""
            try:
                while not self._is_enough(answer) and (data := node.recv(1 << 16)):
                    asker.sendall(data)
                    answer += data
                # A close alone ends nothing while the other thread reads.
                asker.shutdown(socket.SHUT_RDWR)
                node.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    @staticmethod
    def _is_enough(answer: bytes) -> bool:
        head, _, events = answer.partition(b"\r\n\r\n")
        return EVENTS in head and b"\n\n" in events

    @staticmethod
    def _pass_on(asker: socket.socket, node: socket.socket) -> None:
        try:
            while data := asker.recv(1 << 16):
                node.sendall(data)
        except OSError:
            pass


@unittest.skipUnless(SCHEMATHESIS, "SKIPPED: docs/openapi.yaml against a node, since schemathesis isn't there (make api-check)")
class DocumentTests(NodeTestCase):
    def expect_truth(self, user: Optional[str] = None) -> None:
        passage = Passage(self.port)
        self.addCleanup(passage.close)
        command = [
            str(SCHEMATHESIS), "run", str(ROOT / "docs/openapi.yaml"), "--url", f"http://127.0.0.1:{passage.port}", "--checks", "all",
            "--phases", "examples,coverage,fuzzing,stateful", "--max-examples", EXAMPLES, "--seed", SEED, "--continue-on-failure", "--workers", "4",
            "--request-timeout", "20", "--generation-database", "none", "--no-color", *(["--auth", user] if user else [])]
        environment = {**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(ROOT / "Tests/API")}
        with open(pathlib.Path(self.folder) / "report", "w+") as report:
            try:
                status = subprocess.run(
                    command, cwd=self.folder, stdout=report, stderr=subprocess.STDOUT, timeout=PATIENCE, env=environment).returncode
            except subprocess.TimeoutExpired:
                status = -1
            report.seek(0)
            self.assertEqual(status, 0, report.read())

    def test_it_is_true_of_somebody_without_a_name(self) -> None:
        self.expect_truth()

    def test_it_is_true_of_a_user(self) -> None:
        other = self.line_client(self.port)
        other.send({"command": "REGISTER", "username": "anna", "secret": "of anna"})
        self.assertEqual((other.read() or {})["command"], "REGISTER_SUCCESS")
        self.expect_truth("anna:of anna")


if __name__ == "__main__":
    unittest.main()
