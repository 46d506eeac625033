"""Why something could not be done: each class is one reason, and its text is for people."""


class CoppiceError(Exception):
    """What all errors of this library are."""


class Unreachable(CoppiceError):
    """None of the given servers answered within `Limits.first_patience`."""


class LoginRefused(CoppiceError):
    """The name or the secret is wrong, or the token isn't valid."""


class RegistrationRefused(CoppiceError):
    """The name is taken, or can't be registered."""


class NotUnderstood(CoppiceError):
    """The server doesn't understand the first message: it is another kind of program, or refuses the name."""


class ServerComplains(CoppiceError):
    """Servers complain again and again, and no single message can be the reason."""


class TooLong(CoppiceError):
    """The message would be longer than the server takes. It was not sent."""


class MessageRefused(CoppiceError):
    """The server doesn't take this message, and it isn't sent again."""


class Closed(CoppiceError):
    """The client was closed before the message was known to be safe. It may still be shown to others."""
