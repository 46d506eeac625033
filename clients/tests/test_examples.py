"""The examples do what they say, with a real node."""

import http.client
import json
import pathlib
import shutil
import sys
import unittest
import urllib.error
import urllib.request

from place import PROGRAM, ROOT, NodeTestCase

NODE = shutil.which("node")


LANGUAGES = ("python", "javascript", "swift")


def example(language: str, name: str) -> "list[str]":
    if language == "swift":
        program = pathlib.Path(PROGRAM).resolve().parent / f"Example{name.capitalize()}"
        if not program.exists():
            raise unittest.SkipTest(f"SKIPPED: the examples in Swift, since {program} isn't built: make client-programs")
        return [str(program)]
    if language == "python":
        return [sys.executable, str(ROOT / f"clients/python/examples/{name}.py")]
    if not NODE:
        raise unittest.SkipTest("SKIPPED: the examples in JavaScript, since node is not installed")
    return [NODE, str(ROOT / f"clients/javascript/examples/{name}.mjs")]


class ExampleTests(NodeTestCase):
    def address(self, language: str) -> str:
        return f"tcp://localhost:{self.port}" if language == "javascript" else f"localhost:{self.port}"

    def test_people_chat_across_languages(self) -> None:
        chats = [self.start(*example(language, "chat"), self.address(language)) for language in LANGUAGES]
        for chat in chats:
            chat.expect("^-- you are anonymous at localhost")
        for index, one in enumerate(chats):
            one.type(f"hello {index} ü", f"again {index}")
            one.expect(f"^<anonymous \\(you\\)> hello {index} ü$")
            for other in chats:
                if other is not one:
                    other.expect(f"^<anonymous> hello {index} ü$")
                    other.expect(f"^<anonymous> again {index}$")
        for chat in chats:
            chat.type("bye")
            chat.end_input()
            self.assertEqual(chat.finish(), 0, chat.lines)
            self.assertIn("<anonymous (you)> bye", chat.lines)

    def test_a_chat_says_why_it_can_not(self) -> None:
        for language in LANGUAGES:
            chat = self.start(*example(language, "chat"), self.address(language), "nobody", environment={"COPPICE_USER_SECRET": "wrong"})
            self.assertEqual(chat.finish(), 1)
            self.assertRegex(chat.lines[-1].lower(), "^loginrefused: ")

    def test_the_bridges_join_http_and_the_network(self) -> None:
        post = self.start(*example("python", "bridge"), self.address("python"), "0")
        url = post.expect(r"listening on (http://localhost:\d+/)").group(1)
        listen = self.start(*example("javascript", "bridge"), self.address("javascript"), "0")
        port = int(listen.expect(r"listening on http://localhost:(\d+)/").group(1))
        reader = http.client.HTTPConnection("localhost", port, timeout=60)
        self.addCleanup(reader.close)
        reader.request("GET", "/")
        events = reader.getresponse()
        self.assertEqual(events.getheader("Content-Type"), "text/event-stream")
        self.assertTrue(events.readline().startswith(b":"))
        with urllib.request.urlopen(url, data=b'{"alert": "disk full"}', timeout=60) as answer:
            receipt = json.load(answer)
        self.assertEqual(receipt["cseq"], 1)
        lines = [events.readline().decode().strip() for _ in range(4)]
        self.assertEqual(lines[:3], ["", "event: message", f"id: {receipt['id']}"])
        self.assertEqual(json.loads(lines[3][len("data: "):])["activity"]["alert"], "disk full")
        for wrong in (b"[]", b"{"):
            with self.assertRaises(urllib.error.HTTPError) as raised:
                urllib.request.urlopen(url, data=wrong, timeout=60)
            self.assertEqual(raised.exception.code, 400)
            raised.exception.close()

    def test_a_bridge_joins_two_networks(self) -> None:
        other = self.node()
        bridge = self.start(*example("swift", "bridge"), f"localhost:{self.port}", f"localhost:{other}")
        bridge.expect("are joined$")
        clients = [self.line_client(port) for port in (self.port, other)]
        for client in clients:
            client.send({"command": "LOGIN", "username": "anonymous"})
            answer = client.read()
            self.assertEqual(answer and answer["command"], "LOGIN_SUCCESS")
        for index, (one, far) in enumerate([clients, clients[::-1]]):
            one.send({"command": "ACTIVITY_MESSAGE", "username": "anonymous", "activity": {"n": index}})
            while True:
                heard = far.read()
                assert heard is not None
                if heard["command"] == "ACTIVITY_BROADCAST" and heard["activity"].get("n") == index:
                    break
            self.assertEqual(heard["activity"]["via"], "anonymous")
        # What came over the bridge doesn't come back: the next message is the one that follows.
        clients[1].send({"command": "ACTIVITY_MESSAGE", "username": "anonymous", "activity": {"n": "last"}})
        numbers = []
        while "last" not in numbers:
            heard = clients[0].read()
            assert heard is not None
            if heard["command"] == "ACTIVITY_BROADCAST":
                numbers.append(heard["activity"]["n"])
        self.assertEqual(numbers, ["last"])

    def test_a_load_test_misses_nothing(self) -> None:
        for language in LANGUAGES:
            load = self.start(*example(language, "load"), self.address(language), "3", "300")
            self.assertEqual(load.finish(), 0, load.lines)
            self.assertRegex(load.lines[-1], r"deliveries a second; receipts after .* ms \(half\), .* 0 missed$")


if __name__ == "__main__":
    unittest.main()
