"""The words, the rows and the page of a data check; and the function behind the command."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from steward.doors import data_report
from steward.doors.data_report import pictures, tables, text, wording
from steward.doors.data_report.commands import check
from steward.intake.importing import import_paths
from steward.intake.quality import as_json
from steward.intake.quality_tables import ChainQuality, Gap, StoreQuality
from steward.terms.errors import StewardError

IDS = (
    "headline",
    "chain-choice",
    "coverage",
    "calendar",
    "session-day",
    "session-date",
    "session-reading",
    "quotes-chart",
    "expiries-chart",
    "shares-chart",
    "parity-chart",
    "forward-chart",
    "vix-chart",
    "labels-table",
    "contradictions-table",
    "aside-chart",
    "files-table",
    "inferred",
    "units-table",
    "series-table",
    "definitions",
    "disclaimer",
    "report-data",
)


class Elements(HTMLParser):
    """Ids, and every address that a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("src", "srcset") or (name == "href" and not (value or "").startswith("#")):
                self.fetched.append(value or "")


@pytest.fixture(scope="module")
def page(long_check: StoreQuality) -> str:
    return data_report.render(long_check, store="history")


def elements(page: str) -> Elements:
    found = Elements()
    found.feed(page)
    return found


def test_the_ids_are_there_once_and_nothing_is_fetched(page: str) -> None:
    found = elements(page)
    assert [name for name in IDS if found.ids.count(name) != 1] == []
    assert len(found.ids) == len(set(found.ids))
    assert found.fetched == []


def test_one_session_makes_a_page_too(short_check: StoreQuality) -> None:
    page = data_report.render(short_check, store="one")
    assert "SPX at the close, 1\u00a0session with quotes: 1\u00a0good" in page
    assert "5 January 2024. Quotes by " in page
    assert "No session is missing between the first and the last." in page


def test_a_store_without_quotes_makes_a_page_too(short_check: StoreQuality) -> None:
    empty = replace(short_check, chains=(), files=(), series=(), reasons=(), contradictions=())
    page = data_report.render(empty, store="empty")
    assert "A store without option quotes" in page
    assert "<thead>" not in page
    assert "No row was set aside." in page


def test_the_same_check_gives_the_same_bytes(long_check: StoreQuality, page: str) -> None:
    assert data_report.render(long_check, store="history") == page


def test_words_of_files_cannot_become_markup(page: str) -> None:
    assert "chain &lt;b&gt;.csv" in page
    assert "</script><b>" not in page
    assert "&lt;/script&gt;&lt;b&gt;" in page  # a reason, in the list of sessions


def test_unknown_numbers_never_reach_the_page(page: str) -> None:
    shown = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    for word in ("NaN", "Infinity", ">nan", ">None<", "None,"):
        assert word not in shown


def test_the_page_says_whose_quotes_it_is_of_and_that_nothing_is_modelled(page: str) -> None:
    assert "Quotes by Bloomberg VIX calls by expiry (Parquet), iVolatility" in page
    assert "nothing is modelled" in page
    assert "it is no advice" in page


# --- words and rows ------------------------------------------------------------------------------


def spx(found: StoreQuality) -> ChainQuality:
    return found.chains[0]


def test_the_title_counts_verdicts(long_check: StoreQuality) -> None:
    chain = spx(long_check)
    told = wording.title(long_check).replace("\u00a0", " ")
    assert told.startswith(f"SPX at the close, {chain.sessions:,} sessions with quotes: ")
    last = f"{chain.missing} sessions between first and last have none"
    assert told.endswith(f"{chain.verdicts['doubtful']} doubtful; {last}")


def test_one_number_is_set_aside_the_same_as_an_import_says(
    long_check: StoreQuality, page: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = "40 set aside, each with its reason (34 rows and 6 records that hold no row)"
    assert said in wording.lead(long_check).replace("\u00a0", " ")
    assert page.replace("\u00a0", " ").count(said) == 2
    assert sum(rows for _, rows in long_check.reasons) == 40
    many = tuple((f"reason {chr(97 + n)}", 1) for n in range(text.REASONS_SHOWN + 2))
    text.show(replace(long_check, reasons=many), store=Path("s"), page=None)
    assert "2 reasons more on the page and in the JSON." in capsys.readouterr().out


def test_both_files_of_a_contradiction_are_named(
    long_check: StoreQuality, page: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (row,) = tables.contradiction_rows(long_check)
    assert row.cells[:2] == ("3", "2")
    assert row.cells[2:] == ("chain <b>.csv (ivolatility)", "other.csv (optopsy)")
    assert '<td class="words">chain &lt;b&gt;.csv (ivolatility)</td>' in page
    text.show(long_check, store=Path("s"), page=None)
    said = capsys.readouterr().out
    assert "taken from the file that has most of its quotes" in " ".join(said.split())
    assert "other.csv" in said
    assert "Files contradict each other on 3 quotes." in " ".join(said.split())


def test_warnings_come_first_whole_and_with_their_files(
    long_check: StoreQuality, capsys: pytest.CaptureFixture[str]
) -> None:
    (file,) = long_check.files
    mixed = "quotes of different moments are mixed: in {} of 54 series"
    files = [
        replace(file, name=f"{n}.csv", inferred=(f"root of kind {chr(97 + n % 26) * n}",))
        for n in range(1, 90)
    ]
    files[7] = replace(files[7], warnings=(mixed.format(4),))
    files[8] = replace(files[8], warnings=(mixed.format(6), "dead in it"))
    found = replace(long_check, files=tuple(files))
    assert tables.warnings(found) == [
        (mixed.format(4), "8.csv, 9.csv; 2 alike, each with its own figures"),
        ("dead in it", "9.csv"),
    ]
    page = data_report.render(found, store="s")
    assert page.index(mixed.format(4)) < page.index('id="coverage"')
    text.show(found, store=Path("s"), page=None)
    said = capsys.readouterr().out
    assert said.index("dead in it") < said.index("Without quotes, in sessions")
    told, more = tables.inferred(found)
    assert (len(told), more) == (tables.INFERRED_SHOWN, 89 - tables.INFERRED_SHOWN)


def test_months_of_years_without_quotes_stand_in_one_row(long_check: StoreQuality) -> None:
    years = tables.month_years(spx(long_check))
    by_name = {year.name: year for year in years}
    assert by_name["2009–2011"].months == ()
    assert by_name["2015"].months[2] is None  # March
    full = by_name["2015"].months[0]
    assert full is not None
    assert (full.text, full.heat) == ("20", 4)  # January 2015: 20 sessions
    assert full.full.startswith("20 of 20 sessions")


@pytest.mark.parametrize(("there", "heat"), [(1, 1), (8, 2), (15, 3), (21, 4)])
def test_the_heat_of_a_month(long_check: StoreQuality, there: int, heat: int) -> None:
    month = replace(spx(long_check).months[0], sessions=there, of=21)
    chain = replace(spx(long_check), months=(month,))
    (cell,) = [cell for cell in tables.month_years(chain)[0].months if cell is not None]
    assert (cell.heat, cell.text) == (heat, "21" if there == 21 else f"{there}/21")


def test_the_longest_gaps_in_time(long_check: StoreQuality) -> None:
    days = [date(2012, month, 2) for month in range(1, 12)]
    holes = tuple(Gap(first=day, last=day, sessions=n + 1) for n, day in enumerate(days))
    rows, more = tables.gap_rows(replace(spx(long_check), gaps=holes), 2)
    assert [row.name for row in rows] == ["2 Oct 2012", "2 Nov 2012"]
    assert more == 9


def test_sessions_that_are_not_good_doubtful_first(long_check: StoreQuality) -> None:
    rows, more = tables.worst_rows(spx(long_check), 5)
    assert [row.cells[0] for row in rows] == ["doubtful"] * 5
    assert rows[0].cells[1].startswith("40.0 % of its quotes are stale")
    chain = spx(long_check)
    assert more == chain.verdicts["doubtful"] + chain.verdicts["usable"] - 5


def test_alike_sessions_in_a_row_are_one_line(short_check: StoreQuality) -> None:
    first = replace(
        spx(short_check).by_session[0], verdict="usable", reasons=("27.0 % of its quotes are wide",)
    )
    second = replace(first, session=date(2024, 1, 8), reasons=("31.5 % of its quotes are wide",))
    (row,), more = tables.worst_rows(replace(spx(short_check), by_session=(first, second)))
    assert row.name == "5 Jan 2024 to 8 Jan 2024"
    assert row.cells == ("usable", "27.0 % of its quotes are wide (so on 5 Jan 2024).")
    assert more == 0


def test_a_file_of_minutes_does_not_bury_the_closes(long_check: StoreQuality) -> None:
    minutes = tuple(
        replace(spx(long_check), snapshot=f"{10 + n // 60}{n % 60:02d}", quotes=10 + n)
        for n in range(90)
    )
    many = replace(long_check, chains=(*long_check.chains[:1], *minutes, *long_check.chains[1:]))
    names = [wording.chain_name(chain) for chain in wording.shown(many)]
    assert len(names) == wording.CHAINS_SHOWN
    assert names[0] == "SPX at the close"
    assert names[-1] == "VIX at the close"
    assert (
        wording.not_shown(many)
        .replace("\u00a0", " ")
        .startswith("84 other clocks (10:00 to 11:23)")
    )
    assert wording.not_shown(long_check) == ""


def test_many_files_are_told_by_layout(
    long_check: StoreQuality, capsys: pytest.CaptureFixture[str]
) -> None:
    (file,) = long_check.files
    many = replace(long_check, files=(file,) * 31)
    (row,) = tables.layout_rows(many)
    assert row.name == "31\u00a0files"
    assert row.cells[:5] == ("31,000", "29,450", "1,240", "124", "310")
    assert data_report.render(many, store="s").count('<th scope="row">chain &lt;b&gt;.csv') >= 31
    text.show(many, store=Path("s"), page=None)
    said = capsys.readouterr().out
    assert "Files of the store (31, by layout):" in said
    assert re.search(r"31 files +ivolatility +29,450 +1,240\n", said)
    assert len(json.loads(as_json(many))["files"]) == 31
    (one,) = tables.file_rows(long_check)
    assert one.cells[:5] == ("1,000", "950", "40", "4", "10")


def test_units_are_told_without_their_ratios(long_check: StoreQuality) -> None:
    (row,) = tables.unit_rows(long_check)
    assert row.cells == ("vega per point of volatility",)


def test_the_script_gets_a_number_a_session(long_check: StoreQuality) -> None:
    drawn: dict[str, Any] = pictures.data(long_check)["chains"][0]
    n = spx(long_check).sessions
    columns = ("verdict", "quotes", "zero", "residual", "difference", "published")
    assert {len(drawn[name]) for name in columns} == {n}
    assert drawn["stale"][0] is None
    rows = [row for row, _ in drawn["breaks"]]
    assert [missing for _, missing in drawn["breaks"]] == [756, 22]
    assert spx(long_check).by_session[rows[0]].session == date(2012, 1, 3)


# --- the command ---------------------------------------------------------------------------------


def test_the_command_prints_and_writes_the_page(
    store_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check(store_folder)
    said = capsys.readouterr().out
    assert "SPX at the close, 2 sessions with quotes: 2 usable" in said
    assert re.search(r"Files of the store \(1\):\n.*\n *.*\nchain.csv +ivolatility +60 +0\n", said)
    assert "AM and PM labels, in quotes: SPXW PM inferred 60." in said
    assert f"Page: {store_folder / 'check.html'}" in said
    assert "usable: 6 Jun 2022 to 7 Jun 2022 (2 sessions): One expiry." in said
    assert elements((store_folder / "check.html").read_text("utf-8")).fetched == []


def test_the_json_is_one_document_and_no_page_unless_asked(
    store_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = store_folder / "check.html"
    page.unlink(missing_ok=True)
    check(store_folder, as_json=True)
    said = json.loads(capsys.readouterr().out)
    assert said["chains"][0]["sessions"] == 2
    assert not page.exists()
    check(store_folder, as_json=True, out=tmp_path / "mine.html")
    assert json.loads(capsys.readouterr().out) == said
    assert (tmp_path / "mine.html").exists()


def test_another_store_gives_the_published_vix(
    store_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "VIX_History.csv"  # written
    file.write_text("DATE,OPEN,HIGH,LOW,CLOSE\n06/06/2022,20,21,19,20.5\n", encoding="utf-8")
    assert import_paths([file], tmp_path / "series").refused == ()
    check(store_folder, as_json=True, data=tmp_path / "series")
    said = json.loads(capsys.readouterr().out)
    assert said["vix_source"] == "the store of --data"
    assert said["chains"][0]["by_session"][0]["vix_published"] == 20.5
    with pytest.raises(StewardError):
        check(store_folder, as_json=True, data=tmp_path / "nowhere")


@pytest.mark.parametrize("as_json", [True, False])
def test_a_damaged_part_stops_a_check_with_one_sentence(store_folder: Path, as_json: bool) -> None:
    (part,) = store_folder.glob("quotes/*/*/*.parquet")
    part.write_bytes(part.read_bytes()[:-30])
    with pytest.raises(StewardError, match=r"\(it is cut off\).* chain\.csv: import that again"):
        check(store_folder, as_json=as_json)
    assert not (store_folder / "check.html").exists()


def test_a_folder_that_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(StewardError, match="is no store"):
        check(tmp_path)


def test_a_page_that_cannot_be_written(store_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(StewardError, match="name another place with --out"):
        check(store_folder, out=tmp_path / "not there" / "page.html")


def test_the_json_of_a_made_up_check_is_plain(long_check: StoreQuality) -> None:
    assert json.loads(as_json(long_check))["chains"][0]["missing"] == 778


def test_a_table_of_many_series_stands_in_one_row(long_check: StoreQuality) -> None:
    index, macro = long_check.series
    events = tuple(
        replace(macro, table="calendar", name=f"event {n}", rows=2)
        for n in range(tables.SERIES_SHOWN + 1)
    )
    rows = tables.series_rows(replace(long_check, series=(*events, macro, index)))
    assert [row.name for row in rows] == ["vix", "DTB3", "41 of them"]  # indices come first
    assert rows[-1].cells[2:4] == ("82", "–")


def test_what_was_inferred_of_most_files_comes_first(long_check: StoreQuality) -> None:
    (file,) = long_check.files
    own = [
        replace(file, name=f"{n}.csv", inferred=(f"stamp {n}:00", "of all") if n else ("of all",))
        for n in range(30)
    ]
    told, more = tables.inferred(replace(long_check, files=tuple(own)))
    assert told == [
        ("of all", "0.csv, 1.csv, 2.csv and 27 more"),
        ("stamp 1:00", "1.csv, 2.csv, 3.csv and 26 more; 29 alike, each with its own figures"),
    ]
    assert more == 0
