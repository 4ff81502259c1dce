"""Both commands as a user calls them: clock, environment, terms, exit code, what is printed."""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from steward.doors import cli
from steward.doors.fetch import commands
from steward.doors.fetch.catalogue import catalogue
from steward.market.store import Store, create
from steward.terms.errors import StewardError

from ...read_only import freeze
from .publishers import ALL, DAYS, INDEX, WEDNESDAY, own_file, publish
from .server import Site
from .test_snapshot import AFTER
from .test_snapshot import publish as publish_chains
from .vendor_files import bars

BOTH = ("cboe", "fred")


@pytest.fixture
def own(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody at the terminal, a configuration of one's own, and waiting takes no time."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("FRED_API_KEY", raising=False)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    publish(site)
    return own_file(tmp_path, site)


def test_nothing_is_fetched_before_the_terms_are_accepted(
    site: Site, own: Path, tmp_path: Path
) -> None:
    with pytest.raises(StewardError, match="--accept-terms cboe"):
        commands.fetch(tmp_path / "store", sources=own, now=WEDNESDAY)
    assert site.asked == []
    assert not (tmp_path / "store").exists()


def test_a_first_fetch_and_a_second(
    site: Site, own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, span = tmp_path / "store", {"first": DAYS[-8], "last": DAYS[-1]}
    code = commands.fetch(store, sources=own, accept_terms=BOTH, now=WEDNESDAY, **span)
    said = capsys.readouterr()
    assert code == 0
    assert f"{len(ALL)} files, {len(ALL)} requests: {len(ALL)} fetched." in said.out
    assert "VIX_History.csv" in said.out
    assert "CPI releases: a table from 2004-02-20 to 2026-09-11 ships with Steward" in said.out
    assert "PPI releases: no table ships" in said.out
    assert "Its terms stand at https://www.cboe.com/" in said.err
    assert commands.fetch(store, sources=own, now=WEDNESDAY, **span) == 0
    said = capsys.readouterr()
    assert f"{len(ALL)} files, 0 requests: {len(ALL)} up to date, not asked for." in said.out
    assert said.err == ""


OF_FRED = ("/graph?id=DTB3", "/graph?id=CPIAUCNS")


def test_whose_terms_are_not_accepted_is_skipped(
    site: Site, own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, span = tmp_path / "store", {"first": DAYS[-8], "last": DAYS[-1]}
    assert commands.fetch(store, sources=own, accept_terms=["cboe"], now=WEDNESDAY, **span) == 0
    said = capsys.readouterr()
    assert "4 files, 4 requests: 4 fetched." in said.out
    assert "skipped, since its terms are not accepted; --accept-terms fred" in said.err
    assert not set(OF_FRED) & set(site.paths())
    code = commands.fetch(store, sources=own, now=WEDNESDAY, as_json=True, **span)
    assert code == 0
    assert json.loads(capsys.readouterr().out)["skipped"] == ["fred"]
    assert commands.fetch(store, sources=own, accept_terms=["fred"], now=WEDNESDAY, **span) == 0
    assert set(OF_FRED) <= set(site.paths())


def test_only_one_publisher(
    site: Site, own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, span = tmp_path / "store", {"first": DAYS[-8], "last": DAYS[-1]}
    given = {"sources": own, "now": WEDNESDAY, **span}
    code = commands.fetch(store, accept_terms=["fred"], only=["fred"], **given)  # type: ignore[arg-type]
    assert code == 0
    assert sorted(site.paths()) == sorted(OF_FRED)
    assert "Cboe" not in capsys.readouterr().err
    with pytest.raises(StewardError, match="--only nyse: nothing is fetched of such a publisher"):
        commands.fetch(store, only=["fred", "nyse"], **given)  # type: ignore[arg-type]


def test_a_group_that_is_switched_off(site: Site, own: Path, tmp_path: Path) -> None:
    own.write_text(own.read_text().replace("[groups.fred]\n", "[groups.fred]\noff = true\n"))
    store = tmp_path / "store"
    code = commands.fetch(
        store,
        first=DAYS[-8],
        last=DAYS[-1],
        sources=own,
        accept_terms=["cboe"],
        now=WEDNESDAY,
    )
    assert code == 0
    assert not set(OF_FRED) & set(site.paths())
    off = own.read_text().replace("[groups.cboe]\n", "[groups.cboe]\noff = true\n")
    own.write_text(off)
    with pytest.raises(StewardError, match="nothing to fetch: --sources switched all of it off"):
        commands.fetch(store, sources=own, now=WEDNESDAY)


@pytest.mark.parametrize("command", ["fetch", "snapshot"])
def test_a_read_only_store(
    command: str, site: Site, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "store"
    create(store)
    publish_chains(site, AFTER)
    freeze(monkeypatch, store)
    now = WEDNESDAY if command == "fetch" else AFTER
    with pytest.raises(StewardError, match=r"store: cannot be written to \(Read-only file sys"):
        getattr(commands, command)(store, sources=own, accept_terms=BOTH, now=now)
    assert site.asked == []


def test_the_addresses_that_come_with_steward(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["steward", "data", "fetch", "--show-sources"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    path = tmp_path / "mine.toml"
    path.write_text(shown, encoding="utf-8")
    assert catalogue(path) == catalogue()
    assert "[groups.cboe]" in shown


def test_a_failure_is_shown_and_is_the_exit_code(
    site: Site, own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del site.files[INDEX]
    code = commands.fetch(
        tmp_path / "store",
        first=DAYS[-8],
        last=DAYS[-1],
        sources=own,
        accept_terms=BOTH,
        now=WEDNESDAY,
    )
    assert code == 2
    said = " ".join(capsys.readouterr().out.split())
    assert "cboe_index/VIX_History.csv: 127.0.0.1 has no such file" in said
    assert "5 fetched, 1 failed." in said


def test_a_revision_is_shown(
    site: Site, own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"first": DAYS[-8], "last": DAYS[-1], "sources": own, "accept_terms": BOTH}
    commands.fetch(tmp_path / "store", now=WEDNESDAY, **given)  # type: ignore[arg-type]
    lines = bars(DAYS).splitlines()
    lines[1] = f"{DAYS[0]:%m/%d/%Y},14.000000,15.000000,13.000000,14.750000"
    site.put(INDEX, "\n".join(lines) + "\n")
    capsys.readouterr()
    commands.fetch(tmp_path / "store", now=WEDNESDAY + timedelta(days=1), **given)  # type: ignore[arg-type]
    said = " ".join(capsys.readouterr().out.split())
    assert "cboe_index/VIX_History.csv: 1 rows revised (vix 2027-02-01: close 14.25 is now" in said


def test_json(site: Site, own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commands.fetch(
        tmp_path / "store",
        first=DAYS[-8],
        last=DAYS[-1],
        sources=own,
        accept_terms=BOTH,
        now=WEDNESDAY,
        as_json=True,
    )
    said = json.loads(capsys.readouterr().out)
    assert said["requests"] == len(ALL)
    assert [one["state"] for one in said["files"]] == ["new"] * len(ALL)


def test_the_key_of_the_environment_is_used_and_in_no_output(
    site: Site,
    own: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FRED_API_KEY", " SECRET ")
    code = commands.fetch(
        tmp_path / "store",
        first=DAYS[-8],
        last=DAYS[-1],
        sources=own,
        accept_terms=BOTH,
        now=WEDNESDAY,
    )
    assert code == 2  # the server has no such file
    assert "/alfred?id=CPIAUCNS&api_key=SECRET" in site.paths()
    said = capsys.readouterr()
    assert "SECRET" not in said.out + said.err
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    held = {path.relative_to(tmp_path).as_posix() for path in files}
    came = {f"store/raw/{name}" for name in ALL if not name.startswith("fred_lagged")}
    assert held >= {*came, "store/fetched/index.json", "config/steward/terms.json"}
    assert sum(name.startswith("store/imports/") for name in held) == len(came)
    assert not [path for path in files if b"SECRET" in path.read_bytes()]


def test_snapshots_from_cron(
    site: Site, own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish_chains(site, AFTER)
    store = tmp_path / "store"
    assert commands.snapshot(store, sources=own, accept_terms=["cboe"], now=AFTER) == 0
    said = capsys.readouterr().out
    assert "SPX 2027-03-10: in the store now (eod)" in said
    site.asked.clear()
    assert commands.snapshot(store, sources=own, now=AFTER + timedelta(hours=1)) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "VIX 2027-03-10: in the store already (eod), nobody was asked" in said
    assert site.asked == []
    assert commands.snapshot(store, sources=own, now=AFTER, as_json=True) == 0
    assert json.loads(capsys.readouterr().out)["session"] == "2027-03-10"
    assert len(Store(store).records) == 2


def test_no_snapshot_on_a_closed_day_and_nothing_is_asked(
    site: Site, own: Path, tmp_path: Path
) -> None:
    with pytest.raises(StewardError, match="is no session"):
        commands.snapshot(tmp_path / "store", sources=own, now=AFTER + timedelta(days=3))
    assert site.asked == []
