"""How far the calendars that ship with the package reach, and where later dates stand."""

from __future__ import annotations

from datetime import date

from steward.doors.fetch.catalogue import Catalogue
from steward.market.vendors.fomc import fomc
from steward.market.vendors.release_days import cpi_releases


def calendar_sentences(catalogue: Catalogue, today: date) -> tuple[str, ...]:
    """One sentence a calendar: its span, and what to do where it has ended."""
    pages = {symbol: one for one in catalogue.of_kind("calendar_page") for symbol in one.symbols}
    decisions, _ = fomc()
    releases, _ = cpi_releases()
    spans = {
        "FOMC": ("decisions", decisions[0].day, decisions[-1].day),
        "CPI": ("releases", releases[0].day, releases[-1].day),
    }
    said = []
    for name, (what, first, last) in spans.items():
        sentence = f"{name} {what}: a table from {first} to {last} ships with Steward"
        if last < today:
            sentence += ", which has ended: later releases count as known after a fixed lag"
        page = pages.get(name)
        said.append(sentence + (f"; days to come stand at {page.url}" if page else ""))
    page = pages.get("PPI")
    where = f"; the days stand at {page.url}" if page else ""
    said.append(f"PPI releases: no table ships, so they count as known after a fixed lag{where}")
    return tuple(said)
