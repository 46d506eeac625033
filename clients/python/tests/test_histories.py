"""What the state machine does, step by step: the histories in clients/conformance, which the other libraries play too."""

import json
import pathlib
import unittest
from dataclasses import asdict
from typing import Any, Dict, List

from coppice import CoppiceError, Limits
from coppice.effects import Connect, Disconnect, Effect, End, Refuse, Resolve, Send, Tell
from coppice.session import Session
from coppice.values import Address, Identity

HISTORIES = pathlib.Path(__file__).resolve().parents[2] / "conformance" / "histories"


def lower(name: str) -> str:
    return name[0].lower() + name[1:]


def plain(effect: Effect) -> Dict[str, Any]:
    """The effect as the histories write it."""
    if isinstance(effect, Connect):
        return {"connect": str(effect.to)}
    if isinstance(effect, Send):
        return {"send": json.loads(effect.line)}
    if isinstance(effect, Tell):
        return {"tell": {"type": lower(type(effect.event).__name__), **asdict(effect.event)}}
    if isinstance(effect, Resolve):
        return {"resolve": asdict(effect.receipt)}
    if isinstance(effect, Refuse):
        return {"refuse": effect.cseq, "code": lower(type(effect.fault).__name__)}
    if isinstance(effect, End):
        return {"end": lower(type(effect.fault).__name__) if effect.fault else None}
    assert isinstance(effect, Disconnect)
    return {"disconnect": True}


def matches(expected: Any, actual: Any) -> bool:
    """Whether all that is expected is there; null stands for what must not be."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return all(matches(value, actual.get(key)) for key, value in expected.items())
    return bool(expected == actual)


class HistoryTests(unittest.TestCase):
    def play(self, history: Dict[str, Any]) -> None:
        client = history["client"]
        drawn = float(client.get("random", 0))
        session = Session(
            Identity(client.get("username"), client.get("secret"), "s-1"),
            [Address.parse(server) for server in client["servers"]], lambda: drawn, registers=client.get("registers", False),
            limits=Limits(**history.get("limits", {})))
        for step in history["steps"]:
            self.check(step, self.perform(session, step))
            if "deadline" in step:
                due = session.deadline
                if step["deadline"] is None:
                    self.assertIsNone(due, step)
                else:
                    self.assertAlmostEqual(due or 0.0, step["deadline"] / 1000, 4, str(step))

    def perform(self, session: Session, step: Dict[str, Any]) -> List[Effect]:
        now = step["at"] / 1000
        if step.get("do") == "time":
            now += 1e-6  # sums of seconds may lie a little above those of milliseconds
        if "line" in step:
            return session.received(json.dumps(step["line"]), now)
        if "raw" in step:
            return session.received(step["raw"].encode(), now)
        if "lost" in step:
            return session.disconnected(step["lost"], now)
        if "reading" in step:
            session.reading(step["reading"], now)
            return []
        if "say" in step:
            try:
                return session.say(json.dumps(step["say"]), now)[1]
            except CoppiceError as fault:
                self.assertEqual(lower(type(fault).__name__), step.get("fault"))
                return []
        if step["do"] == "start":
            return session.start(now)
        if step["do"] == "connected":
            return session.connected(now, step.get("token"))
        if step["do"] == "close":
            return session.close()
        return session.time_passed(now)

    def check(self, step: Dict[str, Any], effects: List[Effect]) -> None:
        actual = [plain(effect) for effect in effects]
        expected = step["expect"]
        fits = len(actual) == len(expected) and all(matches(one, other) for one, other in zip(expected, actual))
        self.assertTrue(fits, f"\n at {step}\n did {json.dumps(actual)}")

    def test_every_history(self) -> None:
        files = sorted(HISTORIES.glob("*.json"))
        self.assertGreater(len(files), 20)
        for file in files:
            history = json.loads(file.read_text())
            with self.subTest(file.stem, title=history["title"]):
                self.play(history)


if __name__ == "__main__":
    unittest.main()
