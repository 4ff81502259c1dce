"""A catalogue whose every address is the local server, and one fetch in a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from steward.doors.fetch.catalogue import Catalogue, catalogue
from steward.doors.fetch.client import Client, Manner
from steward.doors.fetch.fetching import FetchReport, Outcome, Progress, fetch, held_names
from steward.doors.fetch.planning import plan
from steward.market.store import Store
from steward.terms import calendar

from .server import Clock, Site
from .vendor_files import bars, fred_csv, future, one_value

WEDNESDAY = datetime(2027, 3, 10, 22, 0, tzinfo=UTC)  # 17:00 in New York, after the close
DAYS = calendar.sessions(date(2027, 2, 1), date(2027, 3, 10))
EXPIRY = calendar.vix_expiry(2027, 3)
NEXT = calendar.vix_expiry(2027, 4)

OWN = """
[groups.cboe]
seconds = 1
[groups.fred]
seconds = 2
[sources.cboe_index]
url = "{site}/index/{{symbol}}_History.csv"
symbols = ["VIX", "VVIX"]
[sources.cboe_strategy]
off = true
[sources.cfe_vx_archive]
url = "{site}/archive/CFE_{{letter}}{{yy}}_VX.csv"
[sources.cfe_vx]
url = "{site}/VX/VX_{{expiry}}.csv"
last_expiry = 2027-04-30
[sources.fred_rates]
url = "{site}/graph?id={{symbol}}"
symbols = ["DTB3"]
[sources.fred_lagged]
url = "{site}/graph?id={{symbol}}"
symbols = ["CPIAUCNS"]
[sources.alfred]
url = "{site}/alfred?id={{symbol}}&api_key={{key}}"
symbols = ["CPIAUCNS"]
[sources.cboe_delayed]
url = "{site}/options/_{{symbol}}.json"
"""

INDEX = "/index/VIX_History.csv"
ALL = (
    "cboe_index/VIX_History.csv",
    "cboe_index/VVIX_History.csv",
    f"cfe_vx/VX_{EXPIRY}.csv",
    f"cfe_vx/VX_{NEXT}.csv",
    "fred_rates/DTB3.csv",
    "fred_lagged/CPIAUCNS.csv",
)


def own_file(folder: Path, site: Site) -> Path:
    path = folder / "my.toml"
    path.write_text(OWN.format(site=site.url), encoding="utf-8")
    return path


def publish(site: Site) -> None:
    """Every file of `ALL`."""
    site.put(INDEX, bars(DAYS), packed=True)
    site.put("/index/VVIX_History.csv", one_value("VVIX", DAYS))
    site.put(f"/VX/VX_{EXPIRY}.csv", future(EXPIRY, DAYS))
    site.put(f"/VX/VX_{NEXT}.csv", future(NEXT, DAYS))
    site.put("/graph?id=DTB3", fred_csv("DTB3", DAYS))
    months = [date(2026, month, 1) for month in range(1, 13)]
    site.put("/graph?id=CPIAUCNS", fred_csv("CPIAUCNS", months, level=300.0))


@dataclass
class Desk:
    """A user with a store, whose days pass."""

    site: Site
    store: Path
    known: Catalogue
    now: datetime = WEDNESDAY
    first: date = date(2027, 3, 1)
    last: date = date(2027, 3, 10)
    progress: Progress | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    manner: Manner = field(default_factory=lambda: Manner(connect=5.0, read=5.0, tries=2))
    clock: Clock = field(default_factory=Clock)

    def fetch(self, *, again: bool = False) -> FetchReport:
        self.site.asked.clear()
        client = Client(sleep=self.clock.sleep, ticks=self.clock.ticks, manner=self.manner)
        held = held_names(self.store)
        planned = plan(self.known, first=self.first, last=self.last, keys=self.keys, held=held)
        try:
            return fetch(
                tuple(planned),
                self.store,
                client=client,
                now=self.now,
                keys=self.keys,
                again=again,
                progress=self.progress,
            )
        finally:
            client.close()

    def next_day(self) -> None:
        self.now += timedelta(days=1)

    def outcome(self, report: FetchReport, name: str) -> Outcome:
        return next(one for one in report.outcomes if one.name == name)

    def states(self, report: FetchReport) -> dict[str, str]:
        return {one.name: one.state for one in report.outcomes}

    def hash(self) -> str:
        return Store(self.store).content_hash

    def files(self) -> set[str]:
        """Everything below the store but the index and the lock."""
        return {
            str(path.relative_to(self.store))
            for path in self.store.rglob("*")
            if path.is_file() and path.name not in ("index.json", ".lock")
        }


def desk(site: Site, folder: Path) -> Desk:
    return Desk(site=site, store=folder / "store", known=catalogue(own_file(folder, site)))
