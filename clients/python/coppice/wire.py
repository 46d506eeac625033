"""The messages that a client sends and reads (docs/protocol.md#clients). What can't be read raises one of `UNREADABLE`."""

import json
from dataclasses import dataclass
from typing import Any, List, Optional, Tuple, Union

from .events import JSON, Message
from .limits import LEAST_LINE_BYTES, LINE_BYTES
from .values import Address, Identity, Vector

UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, RecursionError)
ANONYMOUS = "anonymous"
LONG_DIGITS = 640
"""Python lets nobody forbid integers that are shorter."""


def encode(message: JSON) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def decode(line: Union[str, bytes]) -> JSON:
    """Reads one message."""
    try:
        message = json.loads(line)
    except ValueError:
        # Python reads no integer of more than 4300 digits. Anybody may say one, and it mustn't cost this client its connection.
        message = json.loads(line, parse_int=lambda digits: int(digits) if len(digits) < LONG_DIGITS else float(digits))
    if not isinstance(message, dict) or not isinstance(message["command"], str):
        raise TypeError("not a message")
    return message


def register(identity: Identity) -> str:
    return encode({"command": "REGISTER", "username": identity.username, "secret": identity.secret})


def login(
    identity: Identity, shown: Tuple[Optional[str], Optional[str]], token: Optional[str], since: Optional[Vector] = None,
    last: Optional[Tuple[int, str]] = None, was_redirected: bool = False,
) -> str:
    """`shown` is the secret and the resume token."""
    secret, resume_token = shown
    message: JSON = {"command": "LOGIN"}
    if token is not None:
        message["token"] = token
    if identity.username is not None or token is None:
        message["username"] = identity.username or ANONYMOUS
    if secret is not None:
        message["secret"] = secret
    if resume_token is not None:
        message["resume_token"] = resume_token
    message.update(session=identity.session, features=["gap", "notice"])
    if since is not None:
        message["since"] = since.sequences()
        if last is not None:
            message["last"] = {"stamp": str(last[0]), "id": last[1]}
    if was_redirected:
        message["redirected"] = True
    return encode(message)


def activity(text: str, cseq: int, name: str, secret: Optional[str]) -> str:
    fields: JSON = {"command": "ACTIVITY_MESSAGE", "username": name}
    if secret is not None:
        fields["secret"] = secret
    fields["cseq"] = cseq
    # The text of the activity stays as it is.
    return encode(fields)[:-1] + ',"activity":' + text + "}"


PING = encode({"command": "PING"})
LOGOUT = encode({"command": "LOGOUT"})


@dataclass(frozen=True)
class Success:
    """`LOGIN_SUCCESS`."""

    vector: Optional[Vector]
    """None from a server of the base protocol."""
    servers: List[Address]
    username: Optional[str]
    shown_session: Optional[str]
    line_bytes: int
    copies: int
    idle_timeout: Any
    cut: Optional[str]

    @classmethod
    def read(cls, message: JSON) -> "Success":
        vector, line_bytes = message.get("vector"), message.get("max_line_bytes")
        return cls(
            None if vector is None else Vector({origin: int(sequence) for origin, sequence in vector.items()}),
            addresses(message.get("servers") or []), message.get("username"), message.get("shown"),
            line_bytes if isinstance(line_bytes, int) and line_bytes >= LEAST_LINE_BYTES else LINE_BYTES,
            int(message.get("copies") or 1), message.get("idle_timeout"), message.get("cut"))


def broadcast(message: JSON) -> Message:
    """Reads an `ACTIVITY_BROADCAST`. Whether it is an own one is for the session to say."""
    content, cseq, stamp = message["activity"], message.get("cseq"), message.get("stamp")
    return Message(
        content, str(content.get("authenticated_user") or ""), message.get("id"), None if stamp is None else int(stamp),
        message.get("session"), None if cseq is None else int(cseq), message.get("copies"), message.get("late") is True)


def entry(name: str) -> Tuple[str, int]:
    """Splits `<origin>.<sequence>`."""
    origin, _, sequence = name.rpartition(".")
    return origin, int(sequence)


def address(value: Any) -> Address:
    return Address(str(value["hostname"]), int(value["port"]))


def addresses(values: Any) -> List[Address]:
    return [address(value) for value in values]
