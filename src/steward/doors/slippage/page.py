"""The page of `steward slippage`: a line a ledger over k, and the figures, without any script."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from steward import __version__
from steward.doors import pages
from steward.doors.slippage import chart, words
from steward.studies.slippage import Slippage

PACKAGE = "steward.doors.slippage"


def render(found: Slippage) -> str:
    """The page as text; the same findings give the same bytes."""
    return (
        _environment()
        .from_string(pages.text(PACKAGE, "slippage.html.j2"))
        .render(
            version=__version__,
            words=words,
            found=found,
            priced=words.indicative(found),
            charts=[Markup(chart.drawn(found, shape)) for shape in chart.SHAPES],
            tables=[
                {
                    "name": name,
                    "colour": chart.colour(name),
                    "edge": words.edge(found, name),
                    "rows": [
                        words.row(point, point.outcomes[name])
                        for point in (*found.points, found.ruled)
                    ],
                }
                for name in found.ledgers
            ],
            style=Markup(pages.text(pages.SHARED, "page.css")),
        )
    )


@cache
def _environment() -> Environment:
    return pages.environment()
