"""Pages of one file: they open offline, hold their own data, and ask no network.

A page is a template NAME.html.j2 with NAME.css and NAME.js in the folder `files` of its package;
before these two stand the style and the script that all pages share.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

SHARED = "steward.doors"


def environment() -> Environment:
    """A new one: a page adds its own filters."""
    return Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def render(
    environment: Environment,
    package: str,
    name: str,
    words: Mapping[str, Any],
    data: Mapping[str, Any],
) -> str:
    """The page as text.

    words  what the template prints    data  what the script draws; JSON-able, no NaN
    """
    return environment.from_string(text(package, f"{name}.html.j2")).render(
        **words,
        style=Markup(text(SHARED, "page.css") + text(package, f"{name}.css")),
        script=Markup(text(SHARED, "page.js") + text(package, f"{name}.js")),
        library=Markup(text(SHARED, "plotly-basic.min.js")),
        data=Markup(script_json(data)),
    )


def write(page: str, path: Path) -> None:
    """Write a page whole or not at all (a file beside it is renamed, or taken away again).

    Raises OSError where that is not possible.
    """
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(page, encoding="utf-8", newline="\n")
        part.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def script_json(data: Mapping[str, Any]) -> str:
    """JSON that is safe inside a script element: no `<`, `>` or `&` survives as itself."""
    found = json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    for sign in "<>&\u2028\u2029":
        found = found.replace(sign, f"\\u{ord(sign):04x}")
    return found


@cache
def text(package: str, name: str) -> str:
    """A file of a package's folder `files`."""
    return files(package).joinpath("files", name).read_text(encoding="utf-8")
