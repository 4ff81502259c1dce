"""The free history into a store, day after day, with everything that can go wrong on the way."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from steward.doors.fetch import arrivals, fetching
from steward.doors.fetch.client import Manner, Offline
from steward.doors.fetch.memory import Memory
from steward.market.store import Store
from steward.terms import calendar
from steward.terms.errors import StewardError

from .publishers import ALL, DAYS, EXPIRY, INDEX, NEXT, WEDNESDAY, Desk, desk, publish
from .server import Reply, Site
from .vendor_files import CFE_HEADER, alfred_json, archived_future, bars

VIX = ALL[0]


@pytest.fixture
def user(site: Site, tmp_path: Path) -> Desk:
    publish(site)
    return desk(site, tmp_path)


def rows(user: Desk, table: str) -> pl.DataFrame:
    found = Store(user.store).rows(table)
    assert found is not None
    return found


def test_everything_comes_and_is_imported(user: Desk) -> None:
    report = user.fetch()
    assert user.states(report) == dict.fromkeys(ALL, "new")
    assert report.requests == len(ALL)
    index = rows(user, "index")
    assert index.group_by("series").len().sort("series").rows() == [
        ("vix", len(DAYS)),
        ("vvix", len(DAYS)),
    ]
    futures = rows(user, "vx")
    assert set(futures["expiry"].unique()) == {EXPIRY, NEXT}
    assert set(rows(user, "macro")["series"].unique()) == {"CPIAUCNS", "DTB3"}
    assert (user.store / "raw" / VIX).read_text("utf-8") == bars(DAYS)
    assert not list((user.store / "fetched").rglob("*.csv"))


def test_hosts_are_asked_no_faster_than_their_publisher_wants(user: Desk) -> None:
    """Both publishers are one host here: the wait is that of who asks."""
    user.fetch()
    assert user.clock.slept == [1.0, 1.0, 1.0, 2.0, 2.0]


def test_what_was_fetched_is_not_fetched_again(user: Desk) -> None:
    user.fetch()
    before, files = user.hash(), user.files()
    report = user.fetch()
    assert user.states(report) == dict.fromkeys(ALL, "here")
    assert report.requests == 0
    assert user.site.asked == []
    assert (user.hash(), user.files()) == (before, files)


def test_on_the_next_day_only_what_changed_is_sent(user: Desk) -> None:
    user.fetch()
    before = user.hash()
    user.next_day()
    report = user.fetch()
    assert user.states(report) == dict.fromkeys(ALL, "unchanged")
    assert report.requests == len(ALL)
    assert all("If-None-Match" in one.headers for one in user.site.asked)
    assert user.hash() == before


def test_a_host_without_etags_sends_the_same_again(user: Desk) -> None:
    user.fetch()
    user.next_day()
    same = Reply(body=bars(DAYS).encode())
    user.site.next(INDEX, same)
    report = user.fetch()
    assert user.outcome(report, VIX).state == "unchanged"
    assert user.outcome(report, VIX).record is None
    assert "fetched/incoming" not in " ".join(user.files())
    user.next_day()
    user.site.next(INDEX, same)
    assert user.outcome(user.fetch(), VIX).state == "unchanged"


def test_again_asks_although_it_is_here(user: Desk) -> None:
    user.fetch()
    report = user.fetch(again=True)
    assert report.requests == len(ALL)
    assert user.states(report) == dict.fromkeys(ALL, "unchanged")


def test_a_file_that_grew_replaces_itself(user: Desk) -> None:
    user.site.put(INDEX, bars(DAYS[:-1]))
    user.fetch()
    old = user.files()
    user.next_day()
    user.site.put(INDEX, bars(DAYS))
    report = user.fetch()
    outcome = user.outcome(report, VIX)
    assert outcome.state == "new"
    assert outcome.replaced is not None
    assert (outcome.replaced.added, outcome.replaced.gone, outcome.replaced.revised) == (1, 0, 0)
    assert rows(user, "index").filter(pl.col("series") == "vix").height == len(DAYS)
    assert len(user.files()) == len(old)  # nothing of the old one is left
    whole = replace(user, store=user.store.parent / "whole")
    whole.fetch()
    assert user.hash() == whole.hash()


def test_a_revised_value_is_counted_and_shown(user: Desk) -> None:
    user.fetch()
    user.next_day()
    revised = bars(DAYS).splitlines()
    day = DAYS[3]
    revised[4] = f"{day:%m/%d/%Y},17.000000,18.000000,16.000000,17.500000"
    user.site.put(INDEX, "\n".join(revised) + "\n")
    outcome = user.outcome(user.fetch(), VIX)
    assert outcome.replaced is not None
    assert (outcome.replaced.added, outcome.replaced.gone, outcome.replaced.revised) == (0, 0, 1)
    assert outcome.replaced.first == f"vix {day}: close 17.25 is now 17.5"


def test_a_history_that_was_cut_replaces_nothing(user: Desk) -> None:
    user.fetch()
    before = user.hash()
    user.next_day()
    user.site.put(INDEX, bars(DAYS[5:]))
    report = user.fetch()
    outcome = user.outcome(report, VIX)
    assert outcome.state == "failed"
    assert outcome.reason == (
        f"VIX_History.csv: lacks 5 of the {len(DAYS)} rows that the store has of it; the store "
        "keeps those and not the new file"
    )
    assert user.hash() == before
    assert (user.store / "raw" / VIX).read_text("utf-8") == bars(DAYS)
    assert user.outcome(user.fetch(), VIX).state == "failed"  # and says so until it is whole
    user.next_day()
    user.site.put(INDEX, bars(DAYS) + f"{date(2027, 3, 11):%m/%d/%Y},14,15,13,14\n")
    assert user.outcome(user.fetch(), VIX).state == "new"


def test_doubtful_rows_inside_a_file_are_set_aside(user: Desk) -> None:
    """A day that occurs twice, one in the future, one on which nothing is traded: written."""
    lines = [
        bars(DAYS).rstrip("\n"),
        f"{DAYS[2]:%m/%d/%Y},15.000000,16.000000,14.000000,99.000000",
        "03/12/2027,15.000000,16.000000,14.000000,15.500000",
        "03/07/2027,15.000000,16.000000,14.000000,15.500000",
    ]
    user.site.put(INDEX, "\n".join(lines) + "\n")
    record = user.outcome(user.fetch(), VIX).record
    assert record is not None
    assert record.set_aside == {
        "a day in the future": 1,
        "a day that occurs twice": 1,
        "not a session of the exchange": 1,
    }
    assert record.kept == len(DAYS)
    kept = rows(user, "index").filter(pl.col("series") == "vix")
    assert kept["session"].max() == date(2027, 3, 10)
    assert 99.0 not in kept["close"].to_list()


def test_the_level_of_a_session_that_runs_is_no_close(user: Desk) -> None:
    user.now = datetime(2027, 3, 10, 18, 0, tzinfo=UTC)  # 13:00 in New York
    record = user.outcome(user.fetch(), VIX).record
    assert record is not None
    assert record.set_aside == {"a day in the future": 1}
    assert record.kept == len(DAYS) - 1


def test_a_contract_that_is_not_there_is_no_failure(user: Desk) -> None:
    del user.site.files[f"/VX/VX_{NEXT}.csv"]
    report = user.fetch()
    assert user.outcome(report, f"cfe_vx/VX_{NEXT}.csv").state == "absent"
    assert not report.of("failed")
    assert user.outcome(user.fetch(), f"cfe_vx/VX_{NEXT}.csv").state == "absent"
    assert user.site.asked == []
    user.next_day()
    publish(user.site)
    assert user.outcome(user.fetch(), f"cfe_vx/VX_{NEXT}.csv").state == "new"


def test_no_contract_at_all_is_no_absence(user: Desk) -> None:
    """A host that answers 403 to everything: nothing of it is remembered."""
    for expiry in (EXPIRY, NEXT):
        user.site.next(f"/VX/VX_{expiry}.csv", Reply(status=403))
    report = user.fetch()
    assert [one.name for one in report.of("failed")] == list(ALL[2:4])
    assert "cfe_vx: none of 2 contracts is there; the address may have moved" in (
        report.of("failed")[0].reason
    )
    assert user.states(user.fetch())[ALL[2]] == "new"


def test_a_contract_that_was_not_traded_yet(user: Desk) -> None:
    name, path = f"cfe_vx/VX_{NEXT}.csv", f"/VX/VX_{NEXT}.csv"
    user.site.put(path, CFE_HEADER + "\n")
    assert user.outcome(user.fetch(), name).state == "absent"
    assert user.outcome(user.fetch(), name).state == "absent"
    assert user.site.asked == []
    user.next_day()
    publish(user.site)
    assert user.outcome(user.fetch(), name).state == "new"


def test_a_history_that_is_not_there_is_a_failure(user: Desk) -> None:
    del user.site.files[INDEX]
    report = user.fetch()
    assert user.outcome(report, VIX).state == "failed"
    assert "answers 404" in user.outcome(report, VIX).reason
    assert user.outcome(report, ALL[1]).state == "new"


def test_a_settled_contract_is_never_asked_for_again(user: Desk) -> None:
    name = f"/VX/VX_{EXPIRY}.csv"
    user.fetch()
    user.now = datetime.combine(EXPIRY + timedelta(days=5), WEDNESDAY.time(), UTC)
    user.fetch()
    assert name in user.site.paths()
    user.now += timedelta(days=7)
    user.fetch()
    assert name not in user.site.paths()
    assert f"/VX/VX_{NEXT}.csv" in user.site.paths()


FAULTS = {
    "404": (Reply(status=404), "has no such file"),
    "page": (Reply(body=b"<!doctype html>"), "sent a web page instead of data"),
    "empty": (Reply(), "sent an empty file"),
    "header": (Reply(body=b"DAY,O,H,L,C\n01/04/2027,1,1,1,1\n"), "the header day,o,h,l,c is of no"),
    "table": (Reply(body=b"observation_date,DTB3\n2027-01-04,3.1\n"), "not the index that it"),
    "cut": (Reply(body=b"DATE,OPEN,HIGH,LOW,CLOSE\n" * 99, cut=40), "breaks off"),
    "packing": (
        Reply(body=b"\x1f\x8b\x08\x00", headers={"Content-Encoding": "gzip"}),
        "the packed file ends too early",
    ),
    "500": (Reply(status=500), "it answers 500"),
    "slow": (Reply(body=b"x", wait=5.0), "does not answer within"),
    "host": (Reply(status=302, headers={"Location": "https://else.test/"}), "is not followed"),
}


@pytest.mark.parametrize(("reply", "said"), FAULTS.values(), ids=list(FAULTS))
def test_a_fault_stops_one_file_and_leaves_nothing(user: Desk, reply: Reply, said: str) -> None:
    user.manner = Manner(read=0.5 if reply.wait else 5.0, tries=2)
    user.site.next(INDEX, reply, reply)
    report = user.fetch()
    outcome = user.outcome(report, VIX)
    assert outcome.state == "failed"
    assert said in outcome.reason
    assert [one.state for one in report.outcomes if one.name != VIX] == ["new"] * (len(ALL) - 1)
    assert not any("/VIX_History.csv" in name for name in user.files())
    user.site.queued.clear()
    assert user.fetch().requests == 1  # and goes on there
    assert len(rows(user, "index").filter(pl.col("series") == "vix")) == len(DAYS)


@pytest.mark.parametrize("reply", [one for one, _ in FAULTS.values()], ids=list(FAULTS))
def test_a_fault_on_a_later_day_leaves_what_was_there(user: Desk, reply: Reply) -> None:
    user.manner = Manner(read=0.5 if reply.wait else 5.0, tries=2)
    user.fetch()
    before, files = user.hash(), user.files()
    user.next_day()
    user.site.next(INDEX, reply, reply)
    assert user.outcome(user.fetch(), VIX).state == "failed"
    assert (user.hash(), user.files()) == (before, files)
    user.site.queued.clear()
    assert user.outcome(user.fetch(), VIX).state == "unchanged"


def test_offline_is_one_sentence(user: Desk) -> None:
    user.known = desk(Site("http://127.0.0.1:1"), user.store.parent).known
    with pytest.raises(Offline, match="cannot be reached: is this machine online"):
        user.fetch()


def test_a_publisher_that_is_busy_is_left_alone(user: Desk) -> None:
    user.site.next(INDEX, Reply(status=429, headers={"Retry-After": "9999"}))
    report = user.fetch()
    states = user.states(report)
    assert [name for name, state in states.items() if state == "new"] == list(ALL[4:])
    assert user.site.paths() == [INDEX, "/graph?id=DTB3", "/graph?id=CPIAUCNS"]
    assert "asks to wait 9999 seconds" in user.outcome(report, VIX).reason
    assert user.states(user.fetch()) == {
        **dict.fromkeys(ALL[:4], "new"),
        **dict.fromkeys(ALL[4:], "here"),
    }


def test_offline_what_is_new_enough_is_no_failure(user: Desk) -> None:
    """One file is to be asked for, the host is gone, the others are as they were."""
    del user.site.files[INDEX]
    user.fetch()
    user.site.next(INDEX, Reply(status=429, headers={"Retry-After": "9999"}))
    states = user.states(user.fetch())
    assert states == {VIX: "failed", **dict.fromkeys(ALL[1:], "here")}


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("after", range(1, len(ALL)))
def test_killed_between_two_files_it_goes_on_there(
    user: Desk, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    real, left = fetching._Round.ask, [after]

    def ask(*given: object) -> str:
        if left[0] == 0:
            raise Killed
        left[0] -= 1
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(fetching._Round, "ask", ask)
    with pytest.raises(Killed):
        user.fetch()
    monkeypatch.undo()
    report = user.fetch()
    assert report.requests == len(ALL) - after
    assert user.states(report) == dict.fromkeys(ALL, "new")
    assert "incoming" not in " ".join(user.files())


def test_killed_before_the_index_knows_of_a_file(
    user: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new file lies in `incoming`; offline on the next day nobody takes it for the old one."""
    user.site.put(INDEX, bars(DAYS[:-1]))
    user.fetch()
    before = user.hash()
    user.next_day()
    user.site.put(INDEX, bars(DAYS))

    def killed(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(Memory, "keep", killed)
    with pytest.raises(Killed):
        user.fetch()
    monkeypatch.undo()
    assert (user.store / "fetched" / "incoming" / VIX).is_file()
    user.site.next(INDEX, Reply(status=500), Reply(status=500))
    assert user.outcome(user.fetch(), VIX).state == "failed"
    assert user.hash() == before
    assert (user.store / "raw" / VIX).read_text("utf-8") == bars(DAYS[:-1])
    assert user.outcome(user.fetch(), VIX).state == "new"
    assert "incoming" not in " ".join(user.files())


@pytest.mark.parametrize("place", ["import_paths", "supersede", "_settle"])
def test_killed_while_importing_it_goes_on_without_a_request(
    user: Desk, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    whole = replace(user, store=user.store.parent / "whole")
    whole.fetch()
    user.site.put(INDEX, bars(DAYS[:-1]))
    user.fetch()
    user.next_day()
    user.site.put(INDEX, bars(DAYS))

    def killed(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr(arrivals, place, killed)
    with pytest.raises(Killed):
        user.fetch()
    monkeypatch.undo()
    report = user.fetch()
    assert report.requests == 0
    assert user.outcome(report, VIX).state == "new"
    assert user.hash() == whole.hash()
    assert rows(user, "index").filter(pl.col("series") == "vix").height == len(DAYS)
    assert user.states(user.fetch()) == dict.fromkeys(ALL, "here")
    assert "incoming" not in " ".join(user.files())


def test_a_killed_removal_leaves_the_new_file_only(
    user: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old record goes first, so from then on nobody reads its parts; the next call sweeps."""
    user.site.put(INDEX, bars(DAYS[:-1]))
    user.fetch()
    user.next_day()
    user.site.put(INDEX, bars(DAYS))
    real = Path.unlink

    def unlink(path: Path, *, missing_ok: bool = False) -> None:
        if path.suffix == ".parquet":
            raise Killed
        real(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    with pytest.raises(Killed):
        user.fetch()
    monkeypatch.undo()
    assert rows(user, "index").filter(pl.col("series") == "vix").height == len(DAYS)
    user.fetch()
    assert len(list((user.store / "index").glob("*.parquet"))) == 2


def test_a_source_taken_out_by_hand_comes_back_from_the_raw_file(user: Desk) -> None:
    user.fetch()
    before = user.hash()
    source = Memory(user.store).files[VIX].imported
    (user.store / "imports" / f"{source}.json").unlink()
    assert user.fetch().requests == 0
    assert user.hash() == before


def test_raw_files_may_go(user: Desk) -> None:
    user.fetch()
    (user.store / "raw" / VIX).unlink()
    report = user.fetch()
    assert report.requests == 0
    assert user.states(report) == dict.fromkeys(ALL, "here")


def test_a_refused_import_is_tried_again_without_a_request(user: Desk) -> None:
    user.site.put(INDEX, "DATE,OPEN,HIGH,LOW,CLOSE\n")
    report = user.fetch()
    assert user.outcome(report, VIX).state == "failed"
    assert "no rows" in user.outcome(report, VIX).reason
    again = user.fetch()
    assert again.requests == 0
    assert user.outcome(again, VIX).state == "failed"
    publish(user.site)
    assert user.outcome(user.fetch(again=True), VIX).state == "new"


# --- vintages ------------------------------------------------------------------------------------

VINTAGES = alfred_json(
    [
        ("2026-11-01", "2026-12-10", "310.1"),
        ("2026-11-01", "2027-01-13", "310.4"),
        ("2026-12-01", "2027-01-13", "311.0"),
    ]
)


def with_key(user: Desk) -> Desk:
    user.keys = {"FRED_API_KEY": "SECRET"}
    user.site.put("/alfred?id=CPIAUCNS&api_key=SECRET", VINTAGES)
    return user


def everything_written(user: Desk) -> str:
    return "\n".join(
        path.read_text("utf-8", "replace") for path in user.store.rglob("*") if path.is_file()
    )


def test_vintages_with_a_key(user: Desk) -> None:
    report = with_key(user).fetch()
    assert user.outcome(report, "alfred/CPIAUCNS.json").state == "new"
    macro = rows(user, "macro").filter(pl.col("series") == "CPIAUCNS")
    assert macro["basis"].unique().to_list() == ["vintage"]
    assert macro["value"].to_list() == [310.1, 311.0]  # as first published
    assert "SECRET" not in everything_written(user)
    assert "{key}" in Memory(user.store).files["alfred/CPIAUCNS.json"].url


def test_vintages_take_the_place_of_lagged_values_and_stay(user: Desk) -> None:
    user.fetch()
    assert "lagged" in rows(user, "macro")["basis"].to_list()
    with_key(user).fetch()
    macro = rows(user, "macro").filter(pl.col("series") == "CPIAUCNS")
    assert macro["basis"].unique().to_list() == ["vintage"]
    assert not (user.store / "raw" / "fred_lagged" / "CPIAUCNS.csv").exists()
    user.keys = {}
    user.next_day()
    assert "fred_lagged/CPIAUCNS.csv" not in user.states(user.fetch())


def test_a_wrong_key(user: Desk) -> None:
    user.keys = {"FRED_API_KEY": "SECRET"}
    user.site.next("/alfred?id=CPIAUCNS&api_key=SECRET", Reply(status=400))
    outcome = user.outcome(user.fetch(), "alfred/CPIAUCNS.json")
    assert outcome.reason == (
        f"alfred/CPIAUCNS.json: 127.0.0.1 answers 400 for {user.site.url}/alfred?id=CPIAUCNS&"
        "api_key={key}; the address may have moved (--sources names another), or the key is not "
        "valid"
    )
    assert "SECRET" not in everything_written(user)


def test_an_answer_that_holds_not_all_rows_is_refused(user: Desk) -> None:
    whole = alfred_json([("2026-11-01", "2026-12-10", "310.1")], count=123_456)
    with_key(user).site.put("/alfred?id=CPIAUCNS&api_key=SECRET", whole)
    outcome = user.outcome(user.fetch(), "alfred/CPIAUCNS.json")
    assert "123456 rows, of which one answer holds 100000" in outcome.reason


# --- the archive, the memory ---------------------------------------------------------------------


def test_the_archive_of_futures(user: Desk) -> None:
    """A contract of 2014 in its own layout, with the notice above its header."""
    expiry = calendar.vix_expiry(2014, 1)
    days = calendar.sessions(date(2013, 12, 2), expiry)
    user.site.put("/archive/CFE_F14_VX.csv", archived_future(expiry, days))
    archive = replace(user.known.sources["cfe_vx_archive"], last_expiry=expiry)
    user.known = replace(user.known, sources={"cfe_vx_archive": archive})
    user.first, user.last = date(2014, 1, 2), date(2014, 1, 3)
    report = user.fetch()
    assert user.states(report) == {"cfe_vx_archive/CFE_F14_VX.csv": "new"}
    assert rows(user, "vx")["expiry"].unique().to_list() == [expiry]
    assert rows(user, "vx").height == len(days)


def test_a_memory_that_cannot_be_read(user: Desk) -> None:
    user.fetch()
    (user.store / "fetched" / "index.json").write_text("{", encoding="utf-8")
    with pytest.raises(StewardError, match=r"index.json: cannot be read .* take it out and fetch"):
        user.fetch()


def test_a_lost_memory_doubles_nothing(user: Desk) -> None:
    user.fetch()
    before = user.hash()
    (user.store / "fetched" / "index.json").unlink()
    report = user.fetch()
    assert report.requests == len(ALL)
    assert user.hash() == before
    assert json.loads((user.store / "fetched" / "index.json").read_text("utf-8"))["files"]


def test_a_folder_that_is_no_store(user: Desk) -> None:
    user.store.mkdir()
    (user.store / "mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(StewardError, match="is no store of Steward"):
        user.fetch()
    assert user.site.asked == []


def test_two_at_a_time_are_one_too_many(user: Desk) -> None:
    user.fetch()
    with (
        fetching.alone(user.store),
        pytest.raises(StewardError, match="another import is writing to this store"),
    ):
        user.fetch()
    assert user.site.asked == []


def test_progress_counts_files(user: Desk) -> None:
    seen: list[tuple[str, int, int]] = []
    user.progress = lambda *given: seen.append(given)
    user.fetch()
    assert seen[0] == (VIX, 0, len(ALL))
    assert seen[-1] == ("import", len(ALL), len(ALL))
