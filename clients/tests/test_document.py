"""docs/clients.md tells the truth: its transcripts are played with a real node, and its programs run."""

import json
import re
import shutil
import sys
import unittest
from typing import Any, Dict, List, Optional, Tuple

from place import PROGRAM, ROOT, SECRET, LineClient, NodeTestCase, Program

DOCUMENT = (ROOT / "docs/clients.md").read_text()
BLOCKS: List[Tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```$", DOCUMENT, re.M | re.S)
ANYTHING = "…"


class Values:
    """What the words in capitals stand for: each stands for one value in a transcript."""

    def __init__(self) -> None:
        self._known: Dict[str, str] = {}

    def fill(self, text: str) -> str:
        """Puts the values in."""
        return re.sub(r"\b[A-Z]{3,}\b", lambda word: self._known.get(word.group(), word.group()), text)

    def fits(self, written: Any, real: Any) -> bool:
        if written == ANYTHING:
            return True
        if isinstance(written, dict):
            if not isinstance(real, dict) or not (ANYTHING in written or len(written) == len(real)):
                return False
            return all(key == ANYTHING or (self.fill(key) in real and self.fits(value, real[self.fill(key)]))
                       for key, value in written.items())
        if isinstance(written, str) and isinstance(real, str):
            pattern = re.sub(r"[A-Z]{3,}", lambda word: self._pattern(word.group()), re.escape(written))
            found = re.fullmatch(pattern, real)
            if not found:
                return False
            self._known.update(found.groupdict())
            return True
        return bool(written == real)

    def _pattern(self, word: str) -> str:
        if word in self._known:
            return re.escape(self._known[word])
        return f"(?P<{word}>.+)" if word in ("ORIGIN", "STAMP", "SHOWN") else word


class DocumentTests(NodeTestCase):
    def test_transcripts(self) -> None:
        transcripts = [text for kind, text in BLOCKS if kind == "transcript"]
        self.assertGreaterEqual(len(transcripts), 6)
        for transcript in transcripts:
            with self.subTest(transcript.split("\n")[0]):
                self.play(transcript, self.node())

    def play(self, transcript: str, port: int) -> None:
        clients: Dict[str, LineClient] = {}
        values = Values()
        for line in transcript.splitlines():
            name, word, *rest = line.split(" ", 2)
            if name not in clients:
                clients[name] = self.line_client(port)
            if word == "closes":
                clients.pop(name).close()
            elif word == ">":
                clients[name].send(json.loads(values.fill(rest[0])))
            elif rest[0] == "end":
                self.assertIsNone(clients[name].read(), line)
            else:
                real = clients[name].read()
                self.assertTrue(values.fits(json.loads(rest[0]), real), f"written: {rest[0]}\nreal:    {json.dumps(real, ensure_ascii=False)}")

    def test_programs(self) -> None:
        """Those that are followed by their output."""
        count = 0
        for (kind, text), (next_kind, output) in zip(BLOCKS, BLOCKS[1:]):
            if kind not in ("sh", "python") or next_kind != "output":
                continue
            count += 1
            with self.subTest(text):
                if " nc " in text and not shutil.which("nc"):
                    print("SKIPPED: a program in docs/clients.md, since nc is not installed", file=sys.stderr)
                    continue
                program = self.run_program(kind, text, self.node())
                for line in output.splitlines():
                    program.expect("^" + ".*".join(re.escape(part) for part in line.split(ANYTHING)) + "$")
        self.assertEqual(count, 3)

    def run_program(self, kind: str, text: str, port: int) -> Program:
        self.assertIn("3780", text)
        text = re.sub(r"\bcoppice client", f"{PROGRAM} client", text.replace("3780", str(port)))
        return self.start(*(["bash", "-c"] if kind == "sh" else [sys.executable, "-c"]), text)

    def test_the_client_that_resumes_goes_on_where_its_server_died(self) -> None:
        text = next(text for kind, text in BLOCKS if kind == "python" and "def listen" in text)
        first = self.start(PROGRAM, "node", "-lp", "0", "-ms", SECRET, "--memory", "--clock", "none", "--redirect-gap", "0")
        port = int(first.expect(r"listening on .*:(\d+)").group(1))
        second = self.node("-rh", "localhost", "-rp", str(port))
        saying = self.line_client(second)
        self.log_in(saying)
        self.wait_until_named(port, second)
        listener = self.run_program("python", text, port)
        # It listens from its login on, which nobody sees: so something is said until it shows.
        said = 0
        seen: Optional[int] = None
        while seen is None:
            said = self.say(saying, said)
            seen = self.seen(listener, said)
        first.kill()
        for _ in range(20):
            said = self.say(saying, said)
        listener.expect(rf"'n': {said}\b")
        numbers = [int(re.findall(r"'n': (\d+)", line)[0]) for line in listener.lines]
        self.assertEqual(numbers, list(range(numbers[0], said + 1)))

    def log_in(self, client: LineClient) -> Dict[str, Any]:
        client.send({"command": "LOGIN", "username": "anonymous"})
        answer = client.read()
        assert answer and answer["command"] == "LOGIN_SUCCESS", answer
        return answer

    def wait_until_named(self, port: int, other: int) -> None:
        """Until the node tells its clients of the other one."""
        while other not in [server["port"] for server in self.log_in(self.line_client(port))["servers"]]:
            pass

    def say(self, client: LineClient, said: int) -> int:
        client.send({"command": "ACTIVITY_MESSAGE", "username": "anonymous", "activity": {"n": said + 1}})
        client.read()
        return said + 1

    def seen(self, listener: Program, said: int) -> Optional[int]:
        """Whether the listener shows this message, which is given a moment: if not, another one is said."""
        try:
            return int(listener.expect(rf"'n': ({said})\b", 0.2).group(1))
        except AssertionError:
            return None


if __name__ == "__main__":
    unittest.main()
