"""The page to chat with, and the page of the tree, in a real browser, while real nodes die."""

import json
import os
import pathlib
import re
import socket
import sys
import threading
import time
import unittest
from typing import Any, Dict, List

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "Tests/Pages"), str(ROOT / "clients/tests")]
from access import faults  # noqa: E402
from browser import CHROMIUM, Browser  # noqa: E402
from place import PROGRAM, SECRET, NodeTestCase, Program  # noqa: E402

TOKEN = "a token for the admin port"
PICTURES = os.environ.get("COPPICE_PICTURES")
"""A folder, for whoever wants to look at the pages."""

NO_SIDEWAYS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@unittest.skipUnless(CHROMIUM, "SKIPPED: the pages, since there is no chromium here")
class PageTestCase(NodeTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.nodes: Dict[int, Program] = {}

    def browser(self, *arguments: Any, **options: Any) -> Browser:
        browser = Browser(*arguments, **options)
        self.addCleanup(browser.close)
        return browser

    def member(self, *flags: str, under: int = 0) -> int:
        """A node whose program is kept, to kill it."""
        above = ["-rh", "localhost", "-rp", str(under), "-s", SECRET] if under else []
        node = self.start(PROGRAM, "node", "-lp", "0", "-ms", SECRET, "--memory", "--clock", "none", "--redirect-gap", "0", *above, *flags)
        port = int(node.expect(r"listening on .*:(\d+)").group(1))
        self.nodes[port] = node
        return port

    def look(self, browser: Browser, name: str) -> None:
        if PICTURES:
            browser.picture(pathlib.Path(PICTURES) / f"{name}.png")

    def expect_access(self, browser: Browser, state: str, width: int = 1000, height: int = 800, dark: bool = False) -> None:
        """axe-core finds nothing, in any look. Afterwards the page looks as is told."""
        found = faults(browser)
        if PICTURES:
            for w, h, d in ((320, 568, False), (320, 568, True), (1000, 800, True), (1000, 800, False)):
                browser.resize(w, h)
                browser.darken(d)
                self.look(browser, f"{state}-{w}-{'dark' if d else 'light'}")
        browser.resize(width, height)
        browser.darken(dark)
        self.assertEqual(found, [], state + ":\n" + "\n".join(found))

    def expect_peace(self, browser: Browser) -> None:
        self.assertEqual(browser.complaints, [])


class Talk:
    """Somebody who says numbers, at a rate."""

    def __init__(self, port: int, rate: int) -> None:
        self._socket = socket.create_connection(("localhost", port))
        self._socket.sendall(b'{"command":"LOGIN","username":"anonymous"}\n')
        self._rate = rate
        self._ends = False
        self.sent = 0
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._say, self._hear)]
        for thread in self._threads:
            thread.start()

    def _say(self) -> None:
        began = time.monotonic()
        while not self._ends:
            due = int((time.monotonic() - began) * self._rate)
            lines = "".join(
                f'{{"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":{{"object":"{number}"}}}}\n' for number in range(self.sent, due))
            self._socket.sendall(lines.encode())
            self.sent = due
            time.sleep(0.01)

    def _hear(self) -> None:
        try:
            while self._socket.recv(1 << 16):
                pass
        except OSError:
            pass

    def stop(self) -> None:
        self._ends = True
        self._threads[0].join()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._threads[1].join()
        self._socket.close()


WATCH = """
globalThis.watched = {long: 0, longest: 0, frames: 0, away: 0, jumps: 0};
new PerformanceObserver((list) => {
  for (const {duration} of list.getEntries()) {
    watched.long += duration;
    watched.longest = Math.max(watched.longest, duration);
  }
}).observe({type: "longtask"});
new PerformanceObserver((list) => { for (const {value} of list.getEntries()) watched.jumps += value; }).observe({type: "layout-shift"});
const scroll = document.getElementById("scroll");
(function frame() {
  watched.frames += 1;
  // After the page's own drawing: the newest message is in sight.
  queueMicrotask(() => setTimeout(() => { if (scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight > 100) watched.away += 1; }));
  requestAnimationFrame(frame);
})();
0
"""


class ChatTests(PageTestCase):
    def enter(self, browser: Browser, port: int, name: str = "", secret: str = "", how: str = "anonymous") -> None:
        browser.open(f"http://localhost:{port}/")
        for field, text in (("name", name), ("secret", secret)):
            if text:
                browser.run(f"document.getElementById('{field}').focus()")
                browser.type(text)
        browser.run(f"document.querySelector('#entry button[value={how}]').click()")

    def say(self, browser: Browser, text: str) -> None:
        browser.run("document.getElementById('text').focus()")
        browser.type(text)
        browser.press("Enter")

    def texts(self, browser: Browser) -> List[str]:
        return list(browser.run("[...document.querySelectorAll('#messages .text')].map((row) => row.textContent)"))

    def test_people_talk_and_a_dead_node_loses_nothing(self) -> None:
        root = self.member("--web")
        leaf = self.member("--web", under=root)
        browser = self.browser()
        self.enter(browser, leaf, "anna", "of anna", "register")
        browser.wait("document.getElementById('state').textContent.startsWith('anna at ')")
        self.say(browser, "hello <b>you</b>")
        browser.wait("document.querySelectorAll('#messages li.own .fate').length === 1")
        self.assertEqual(self.texts(browser), ["hello <b>you</b>"])
        self.assertIn("safe on 2 servers", browser.run("document.querySelector('#messages .fate').textContent"))
        self.look(browser, "chat-before")

        other = self.line_client(root)
        other.send({"command": "LOGIN", "username": "anonymous"})
        self.nodes[leaf].kill()
        for number in range(20):
            other.send({"command": "ACTIVITY_MESSAGE", "username": "anonymous", "activity": {"object": f"number {number}"}})
        self.say(browser, "while it is gone")
        browser.wait("document.querySelectorAll('#messages .text').length === 22")
        expected = ["hello <b>you</b>", *(f"number {number}" for number in range(20))]
        self.assertEqual([text for text in self.texts(browser) if text != "while it is gone"], expected)
        self.assertEqual(self.texts(browser).count("while it is gone"), 1)
        browser.wait("document.querySelectorAll('#pending li').length === 0")
        self.assertIn("is lost", browser.run("document.querySelector('#messages .word.bad').textContent"))
        browser.wait(f"document.getElementById('state').textContent.endsWith(':{root}')")
        self.look(browser, "chat-after")
        self.expect_peace(browser)

    def test_a_wrong_secret_is_told_and_a_phone_has_room(self) -> None:
        port = self.member("--web")
        browser = self.browser(320, 568, dark=True)
        self.enter(browser, port, "nobody", "a guess", "login")
        browser.wait("!document.getElementById('trouble').hidden")
        self.assertTrue(browser.run(NO_SIDEWAYS))
        self.enter(browser, port)
        browser.wait("document.getElementById('state').dataset.state === 'here'")
        self.say(browser, "x" * 400)
        browser.wait("document.querySelectorAll('#messages .text').length === 1")
        self.assertTrue(browser.run(NO_SIDEWAYS))
        self.look(browser, "chat-phone")
        browser.run("document.getElementById('leave').click()")
        browser.wait("!document.getElementById('entry').hidden")
        self.expect_peace(browser)

    def test_everybody_can_use_it_in_each_state(self) -> None:
        port = self.member("--web")
        browser = self.browser()
        browser.open(f"http://localhost:{port}/")
        browser.wait("!document.getElementById('entry').hidden")
        self.expect_access(browser, "chat-logged-out")
        browser.run("document.getElementById('clear').hidden = false")
        browser.run("document.querySelector('#entry button[value=login]').click()")
        browser.wait("!document.getElementById('trouble').hidden")
        self.expect_access(browser, "chat-no-name")
        self.enter(browser, port, "anna", "a guess", "login")
        browser.wait("!document.getElementById('trouble').hidden")
        self.expect_access(browser, "chat-refused")
        self.enter(browser, port, "anna", "of anna", "register")
        browser.wait("document.getElementById('state').dataset.state === 'here'")
        self.expect_access(browser, "chat-nothing-said")
        other = self.line_client(port)
        other.send({"command": "LOGIN", "username": "anonymous"})
        for text in ("hello", "a longer message, " * 30, "https://example.org/" + "x" * 200, "two\nlines", "مرحبا", *map(str, range(12))):
            other.send({"command": "ACTIVITY_MESSAGE", "username": "anonymous", "activity": {"object": text}})
        other.send({"command": "ACTIVITY_MESSAGE", "username": "anonymous", "activity": {"type": "note", "n": 1}})
        self.say(browser, "hello to you")
        browser.wait("document.querySelectorAll('#messages .text').length === 19")
        self.expect_access(browser, "chat-messages")
        browser.run("document.getElementById('people').open = true")
        browser.run("document.getElementById('scroll').scrollTop = 0")
        browser.wait("document.getElementById('scroll').scrollTop === 0")
        other.send({"command": "ACTIVITY_MESSAGE", "username": "anonymous", "activity": {"object": "one more"}})
        browser.wait("!document.getElementById('newest').hidden")
        self.expect_access(browser, "chat-scrolled")
        browser.run("document.getElementById('newest').click()")
        self.nodes[port].kill()
        browser.wait("document.getElementById('state').dataset.state === 'lost'")
        self.say(browser, "is anybody there?")
        browser.wait("document.querySelectorAll('#pending li').length === 1")
        self.expect_access(browser, "chat-lost")
        self.expect_peace(browser)

    def test_a_thousand_messages_a_second_leave_the_page_quick(self) -> None:
        port = self.member("--web")
        browser = self.browser()
        self.enter(browser, port)
        browser.wait("document.getElementById('state').dataset.state === 'here'")
        talk = Talk(port, rate=1000)
        self.addCleanup(talk.stop)
        browser.wait("document.querySelectorAll('#messages li').length === 500")
        browser.run(WATCH)
        before = browser.heap()
        began = time.monotonic()
        browser.run("document.getElementById('text').focus()")
        delays = []
        typed = ""
        while time.monotonic() < began + 8:
            typed += "x"
            start = time.monotonic()
            browser.type("x")
            # Drawn, and not only taken.
            browser.run("new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")
            delays.append(time.monotonic() - start)
            time.sleep(0.1)
        passed = time.monotonic() - began
        seen = json.loads(browser.run("JSON.stringify(watched)"))
        nodes, heap = browser.run("document.querySelectorAll('*').length"), browser.heap()
        late = talk.sent - int(browser.run("document.querySelector('#messages li:last-child .text').textContent"))
        delays.sort()
        figures = (
            f"typing: half within {delays[len(delays) // 2] * 1000:.0f} ms, all within {delays[-1] * 1000:.0f} ms; long tasks: "
            f"{seen['long']:.0f} ms of {passed * 1000:.0f}, the longest {seen['longest']:.0f}; frames: {seen['frames'] / passed:.0f} a second; "
            f"elements: {nodes}; heap: {before >> 20} to {heap >> 20} MiB; behind by {late}; not at the end {seen['away']} times")
        if PICTURES:
            print(figures)
        self.assertEqual(browser.run("document.getElementById('text').value"), typed)
        self.assertLess(nodes, 4000, figures)
        self.assertLess(heap - before, 8 << 20, figures)
        self.assertLess(delays[len(delays) // 2], 0.25, figures)
        self.assertLess(seen["long"] / 1000, passed / 2, figures)
        self.assertLess(late, 1000, figures)
        self.assertEqual(seen["away"], 0, figures)
        self.assertLess(seen["jumps"], 0.2 * passed, figures)
        self.expect_peace(browser)

    def test_the_page_stays_quick_while_much_is_said(self) -> None:
        port = self.member("--web")
        browser = self.browser()
        self.enter(browser, port)
        browser.wait("document.getElementById('state').dataset.state === 'here'")
        other = self.line_client(port)
        other.send({"command": "LOGIN", "username": "anonymous"})
        for number in range(5000):
            other.send({"command": "ACTIVITY_MESSAGE", "username": "anonymous", "activity": {"object": f"number {number}"}})
        browser.wait("document.querySelector('#messages li:last-child .text')?.textContent === 'number 4999'")
        self.assertEqual(browser.run("document.querySelectorAll('#messages li').length"), 500)
        self.assertEqual(self.texts(browser)[0], "number 4500")
        self.expect_peace(browser)


class TreeTests(PageTestCase):
    def admin(self, node: Program) -> int:
        return int(node.expect(r"monitoring.*:(\d+)").group(1))

    def tree(self, *flags: str) -> "tuple[int, List[int]]":
        """Four nodes in a chain, the first with an admin port. Returns that port, and the nodes'."""
        admin = self.free_port()
        ports = [self.member("--admin", f"127.0.0.1:{admin}", *flags)]
        for _ in range(3):
            ports.append(self.member(under=ports[-1]))
        return admin, ports

    def free_port(self) -> int:
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            return int(one.getsockname()[1])

    def node_texts(self, browser: Browser) -> Dict[str, str]:
        found = browser.run("JSON.stringify([...document.querySelectorAll('button.node')].map((one) => [one.firstChild.textContent, one.className]))")
        return dict(json.loads(found))

    def test_a_node_that_dies_turns_grey_and_its_branch_attaches_anew(self) -> None:
        admin, ports = self.tree()
        browser = self.browser()
        browser.open(f"http://127.0.0.1:{admin}/")
        browser.wait("document.querySelectorAll('button.node').length === 4")
        names = [f"localhost:{port}" for port in ports]
        self.assertEqual(self.node_texts(browser)[names[0]], "node root")
        browser.wait("document.querySelectorAll('#lines path').length === 3")
        self.look(browser, "tree-before")

        self.nodes[ports[1]].kill()
        browser.wait("document.querySelectorAll('button.node.gone').length === 1")
        self.look(browser, "tree-during")
        self.assertEqual(self.node_texts(browser)[names[1]], "node gone")
        happened = "[...document.querySelectorAll('#events li')].map((row) => row.textContent).join('|')"
        browser.wait(f"{happened}.includes('{names[1]} is gone')")
        browser.wait(f"{happened}.includes('{names[2]} went to {names[0]}, from {names[1]}')")
        browser.wait("document.querySelectorAll('button.node').length === 4 && document.querySelectorAll('button.node.gone').length === 1")
        self.look(browser, "tree-after")
        self.expect_peace(browser)

    def test_everybody_can_use_it_in_each_state(self) -> None:
        admin, ports = self.tree()
        browser = self.browser()
        browser.open(f"http://127.0.0.1:{admin}/")
        browser.wait("document.querySelectorAll('button.node').length === 4")
        browser.wait("document.querySelectorAll('#lines path').length === 3")
        self.expect_access(browser, "tree")
        browser.run("document.querySelectorAll('button.node')[2].focus()")
        browser.wait("document.querySelectorAll('#about dd').length > 5")
        self.expect_access(browser, "tree-chosen")
        self.nodes[ports[1]].kill()
        browser.wait("document.querySelectorAll('button.node.gone').length === 1")
        self.expect_access(browser, "tree-one-gone")
        self.nodes[ports[0]].kill()
        browser.wait("document.getElementById('state').dataset.state === 'lost'")
        self.expect_access(browser, "tree-all-gone")
        self.expect_peace(browser)

    def test_the_keyboard_goes_through_the_tree(self) -> None:
        admin, ports = self.tree()
        browser = self.browser(320, 568, dark=True)
        browser.open(f"http://127.0.0.1:{admin}/")
        browser.wait("document.querySelectorAll('button.node').length === 4")
        browser.wait("document.querySelectorAll('#lines path').length === 3")
        self.assertTrue(browser.run(NO_SIDEWAYS))
        browser.run("document.querySelector('button.node').focus()")
        focus = "document.activeElement.firstChild.textContent"
        about = "document.getElementById('about').innerText"
        browser.press("Home")
        for key, index in (("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", 3), ("ArrowUp", 2), ("Home", 0)):
            browser.press(key)
            self.assertEqual(browser.run(focus), f"localhost:{ports[index]}", key)
        browser.press("End")
        browser.wait(f"{about}.includes('Deadpool') && {about}.includes('localhost:{ports[0]}')")
        browser.wait("document.querySelectorAll('#lines path.deadpool').length > 0")
        browser.wait(r"/\d+ bytes a second in/.test(" + about + ")")
        self.look(browser, "tree-phone")
        self.expect_peace(browser)

    def test_it_asks_for_a_token_where_one_is_wanted(self) -> None:
        file = pathlib.Path(self.folder) / "token"
        file.write_text(TOKEN + "\n")
        file.chmod(0o600)
        admin, _ = self.tree("--admin-token-file", str(file))
        browser = self.browser()
        browser.open(f"http://127.0.0.1:{admin}/")
        browser.wait("!document.getElementById('entry').hidden")
        self.assertTrue(browser.run("document.getElementById('view').hidden"))
        self.expect_access(browser, "tree-token")
        for text, condition in (
            ("a guess", "!document.getElementById('trouble').hidden"),
            (TOKEN, "document.querySelectorAll('button.node').length === 4"),
        ):
            browser.run("document.getElementById('token').focus()")
            browser.type(text)
            browser.press("Enter")
            browser.wait(condition)
            self.expect_access(browser, "tree-refused" if text == "a guess" else "tree-let-in")
            browser.run("document.getElementById('token').focus()")
        self.assertTrue(browser.run("document.getElementById('entry').hidden"))
        self.expect_peace(browser)

    def test_a_node_that_is_gone_itself_is_told_and_asked_again(self) -> None:
        admin, ports = self.tree()
        browser = self.browser()
        browser.open(f"http://127.0.0.1:{admin}/")
        browser.wait("document.querySelectorAll('button.node').length === 4")
        self.nodes[ports[0]].kill()
        browser.wait("document.getElementById('state').dataset.state === 'lost'")
        browser.wait("document.querySelectorAll('button.node.gone').length === 4")
        self.member("--admin", f"127.0.0.1:{admin}")
        browser.wait("document.getElementById('state').dataset.state === 'here'")
        self.assertTrue(re.search("gives no answer", browser.run("document.getElementById('events').innerText")))


if __name__ == "__main__":
    unittest.main()
