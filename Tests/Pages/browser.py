"""Debian's chromium, without a screen: spoken to by its DevTools protocol, over two pipes."""

import base64
import json
import os
import pathlib
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from typing import Any, Dict, List, Optional

PATIENCE = 60.0
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class PageFault(AssertionError):
    """The page did what it must not do, or didn't do what it must."""


class Browser:
    """One browser with one page."""

    def __init__(self, width: int = 1000, height: int = 800, dark: bool = False) -> None:
        assert CHROMIUM
        self._folder = tempfile.mkdtemp(prefix="coppice-browser-")
        commands, self._to = os.pipe()
        self._from, answers = os.pipe()

        def place_pipes() -> None:
            # Chromium reads commands from descriptor 3, and writes answers to 4.
            os.dup2(os.dup(commands), 3)
            os.dup2(os.dup(answers), 4)

        self._process = subprocess.Popen(
            [CHROMIUM, "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", "--disable-background-networking", f"--user-data-dir={self._folder}", "about:blank"],
            preexec_fn=place_pipes, close_fds=False, start_new_session=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "HOME": self._folder})
        os.close(commands)
        os.close(answers)
        self._rest = b""
        self._last = 0
        self.complaints: List[str] = []
        """What the page has thrown, and what the browser has refused it."""
        target = self._command("Target.createTarget", {"url": "about:blank"})["targetId"]
        self._session: Optional[str] = self._command("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self._command(f"{domain}.enable")
        self.darken(dark)
        self.resize(width, height)

    def close(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._to)
        os.close(self._from)
        shutil.rmtree(self._folder, ignore_errors=True)

    # The page

    def open(self, url: str) -> None:
        self._command("Page.navigate", {"url": url})
        self.wait("document.readyState === 'complete'")

    def resize(self, width: int, height: int) -> None:
        self._command("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})

    def darken(self, dark: bool) -> None:
        self._command("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})

    def run(self, script: str) -> Any:
        """The value of an expression, in the page."""
        answer = self._command("Runtime.evaluate", {"expression": script, "returnByValue": True, "awaitPromise": True})
        if "exceptionDetails" in answer:
            raise PageFault(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait(self, condition: str, patience: float = PATIENCE) -> Any:
        """Waits until an expression is true, and returns it."""
        deadline = time.monotonic() + patience
        while True:
            value = self.run(condition)
            if value:
                return value
            if time.monotonic() > deadline:
                raise PageFault(f"waited in vain for {condition}; the page says: {self.run('document.body.innerText')}")
            time.sleep(0.02)

    def type(self, text: str) -> None:
        """Types into what has the focus."""
        self._command("Input.insertText", {"text": text})

    def heap(self) -> int:
        """The bytes of JavaScript's objects that are still needed."""
        self._command("HeapProfiler.collectGarbage")
        return int(self._command("Runtime.getHeapUsage")["usedSize"])

    def press(self, key: str) -> None:
        codes = {"Enter": 13, "Tab": 9, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Home": 36, "End": 35}
        event = {"key": key, "code": key, "windowsVirtualKeyCode": codes[key]}
        text = {"text": "\r"} if key == "Enter" else {}
        self._command("Input.dispatchKeyEvent", {"type": "keyDown", **event, **text})
        self._command("Input.dispatchKeyEvent", {"type": "keyUp", **event})

    def picture(self, path: pathlib.Path) -> None:
        data = self._command("Page.captureScreenshot", {"format": "png"})["data"]
        path.write_bytes(base64.b64decode(data))

    # The protocol

    def _command(self, method: str, parameters: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        self._last += 1
        message: Dict[str, Any] = {"id": self._last, "method": method, "params": parameters or {}}
        if getattr(self, "_session", None):
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self._read(deadline)
            if answer.get("id") == self._last:
                if "error" in answer:
                    raise PageFault(f"{method}: {answer['error']}")
                result: Dict[str, Any] = answer["result"]
                return result
            self._heard(answer)

    def _heard(self, event: Dict[str, Any]) -> None:
        if event.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(event["params"]["exceptionDetails"]))
        elif event.get("method") == "Log.entryAdded" and event["params"]["entry"]["source"] in ("security", "violation"):
            self.complaints.append(json.dumps(event["params"]["entry"]))

    def _read(self, deadline: float) -> Dict[str, Any]:
        with selectors.DefaultSelector() as selector:
            selector.register(self._from, selectors.EVENT_READ)
            while b"\0" not in self._rest:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise PageFault("the browser gives no answer")
                data = os.read(self._from, 1 << 20)
                if not data:
                    raise PageFault("the browser has ended")
                self._rest += data
        answer, self._rest = self._rest.split(b"\0", 1)
        message: Dict[str, Any] = json.loads(answer)
        return message
