"""What axe-core finds on a page: faults for people who use a screen reader, the keyboard, or see little contrast."""

import json
import os
import pathlib
from typing import List

from browser import Browser

AXE = os.environ.get("AXE")
"""axe.min.js; without it nothing is looked for."""

LOOKS = [(width, dark) for width in (320, 1000) for dark in (False, True)]

RUN = """
axe.run(document, {resultTypes: ["violations", "incomplete"]}).then((found) =>
  JSON.stringify([...found.violations, ...found.incomplete].map((one) =>
    one.id + ": " + one.help + one.nodes.map((node) => "\\n    " + node.html + "\\n    " + node.failureSummary).join(""))))
"""


def faults(browser: Browser) -> List[str]:
    """What is wrong with the page as it is, in its light and its dark form, on a phone and on a screen."""
    if not AXE:
        return []
    browser.run(pathlib.Path(AXE).read_text() + "\n0")
    found: List[str] = []
    for width, dark in LOOKS:
        browser.resize(width, 800)
        browser.darken(dark)
        found += (f"{width} pixels, {'dark' if dark else 'light'}: {one}" for one in json.loads(browser.run(RUN)))
    return found
