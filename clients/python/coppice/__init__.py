"""A client of Coppice, a group-communication network that heals itself.

    async with coppice.Client("localhost:3780") as client:
        await client.say("hello")
        async for event in client:
            if isinstance(event, coppice.Message):
                print(event.sender, event.activity)

A `Client` keeps its session over lost connections and lost servers: every message is shown once and in order, and
`say` returns when the message is safe. `docs/clients.md` explains how; `Session` is the state machine inside.
"""

from .client import Client, Token
from .events import CaughtUp, Connected, Event, Gap, JSON, Lost, Message, Notice, Receipt, Skipped
from .faults import (
    Closed,
    CoppiceError,
    LoginRefused,
    MessageRefused,
    NotUnderstood,
    RegistrationRefused,
    ServerComplains,
    TooLong,
    Unreachable,
)
from .limits import Limits
from .values import Address, Identity

__all__ = [
    "Address", "CaughtUp", "Client", "Closed", "Connected", "CoppiceError", "Event", "Gap", "Identity", "JSON", "Limits",
    "LoginRefused", "Lost", "Message", "MessageRefused", "NotUnderstood", "Notice", "Receipt", "RegistrationRefused",
    "ServerComplains", "Skipped", "Token", "TooLong", "Unreachable",
]
