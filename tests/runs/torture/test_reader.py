"""The reader refuses what is wrong, with file, line, column, value and the way out."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from steward.runs.torture import kit, reader
from steward.runs.torture.cells import e4_of
from steward.runs.torture.records import NEEDS, Scenario, in_points
from steward.terms.errors import StewardError

SCENARIOS = kit.scenarios_folder()
SAMPLE = "003-early-close-expiry"
Edit = Callable[[str, str, str], Path]


@pytest.fixture
def edit(tmp_path: Path) -> Edit:
    """A copy of one scenario in which `old` is replaced by `new` in one file."""

    def made(file: str, old: str, new: str) -> Path:
        folder = tmp_path / SAMPLE
        shutil.copytree(SCENARIOS / SAMPLE, folder, dirs_exist_ok=True)
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {file}: the test would prove nothing"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder

    return made


def refusal(folder: Path) -> str:
    with pytest.raises(StewardError) as caught:
        reader.read(folder)
    return str(caught.value)


def test_a_scenario_as_it_stands_in_its_files() -> None:
    found = reader.read(SCENARIOS / SAMPLE)
    assert found.start_cash == 5_000_000
    opened, bought = found.actions
    assert opened.fill == Fraction(1, 2)
    assert opened.worst == -180_000
    assert bought.worst is None  # empty is any price, never 0
    assert [leg.quantity for leg in opened.legs] == [-1, 1]
    assert found.contracts["SPXW-261127-C5050"].strike == 50_500_000
    settled = found.expected[3]
    assert (settled.price, settled.cents, settled.source) == (50_312_000, -312_000, "SPX close")
    assert found.needs == ("options", "packages")


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "quotes.csv",
            "22.00,22.40",
            "22.00,x",
            "/quotes.csv, line 2, column ask: 'x' is no number",
        ),
        ("quotes.csv", "22.00,22.40", "-1,22.40", "line 2, column bid: '-1' is below 0"),
        ("quotes.csv", "22.00,22.40", "22.00001,22.40", "line 2, column bid: '22.00001' is no"),
        ("quotes.csv", "16:15", "25:15", "line 2, column time: '25:15' is not a time"),
        ("quotes.csv", "2026-11-25", "2026-11-26", "line 2, column session: '2026-11-26' is not"),
        ("quotes.csv", "C5000", "C5100", "column contract: 'SPXW-261127-C5100' is none of"),
        ("quotes.csv", "C5050", "C5000", "line 3, column contract: 'SPXW-261127-C5000' has a"),
        ("quotes.csv", ",500", "", "line 2, column volume: the line ends before it"),
        ("quotes.csv", ",500", ",500,7", "line 2, column 9: '7' has no title"),
        ("quotes.csv", "session,time", "time,session", "line 1: the columns are time,session"),
        ("contracts.csv", "option", "swap", "line 2, column kind: 'swap' is none of"),
        ("contracts.csv", "PM", "XM", "line 2, column settlement: 'XM' is none of AM, PM"),
        ("contracts.csv", ",5000,C", ",,C", "line 2, column strike: '' is empty"),
        ("contracts.csv", ",C,100", ",C,0", "line 2, column multiplier: '0' is below 1"),
        ("contracts.csv", "5050,C", "5000,C", "is the same contract as SPXW-261127-C5000"),
        ("levels.csv", "SPX close", "SPX noon", "line 2, column symbol: 'SPX noon' is none of"),
        ("levels.csv", "close,,", "close,SPXW-261127-C5000,", "column contract: 'SPXW-261127-C5"),
        ("levels.csv", "5012", "0", "line 2, column value: '0' is not above 0"),
        ("levels.csv", "2026-11-27,SPX close", "2026-11-27,SPX open", "has no line: add it"),
        ("levels.csv", "5012,invented", "5012,", "line 2, column source: '' is empty"),
        ("actions.csv", "half", "most", "line 2, column fill: 'most' is none of mid, half"),
        ("actions.csv", "half", "1.01", "line 2, column fill: '1.01' is none of"),
        ("actions.csv", ",1,,half", ",0,,half", "line 2, column units: '0' is below 1"),
        ("actions.csv", ",1,,half", ",1,5,half", "line 2, column units: '1' and budget: give"),
        ("actions.csv", "-1,1,,half", "0,1,,half", "line 2, column quantity: '0' is nothing"),
        ("actions.csv", "1,1,,half", "1,2,,half", "line 3, column order: 'O1' differs from its"),
        ("actions.csv", "O2,open,B", "O1,close,B", "line 4, column order: 'O1' stands above"),
        ("actions.csv", "O2,open,B", "O9,cancel,B", "column structure: 'B' must be empty where"),
        ("actions.csv", "package,", "package,5", "line 2, column cents: '5' must be empty"),
        ("actions.csv", "2026-11-25,O1", "2026-11-27,O1", "line 3, column order: 'O1' differs"),
        ("expected.csv", "-18.95", "-18,95", "line 2, column 13"),
        ("expected.csv", "189500", "1895.00", "line 2, column cents: '1895.00' is no whole"),
        ("expected.csv", "fill,O1", "fill,O7", "line 2, column order: 'O7' is no order"),
        ("expected.csv", "fill,O1", "full,O1", "line 2, column event: 'full' is none of"),
        ("expected.csv", "settled by value", "settled", "column state: 'settled' is none of"),
        ("expected.csv", "value,SPX close,", "value,,", "line 5, column source: '' is empty"),
        ("expected.csv", "SPX close,,", "SPX close,0,", "line 5, column low: '0' and high"),
        ("expected.csv", "SPX close,,", "SPX close,0,5", "is not between its bounds 0 and 5"),
        ("expected.csv", "2026-11-25,cash", "2026-11-27,cash", "column session: '2026-11-25'"),
        ("expected.csv", "fill,O2,B,SPXW-261218-P4800,1,30.50", "fill,O2,,,,", "column structure"),
        ("scenario.toml", "title =", "titel =", "scenario.toml, key title: is missing"),
        ("scenario.toml", "start_cash = 5_000_000", "start_cash = 1.5", "key start_cash: '1.5'"),
        ("scenario.toml", 'group = "calendar"', 'group = "x"', "key group: 'x': is none of"),
        ("scenario.toml", "format = 1", "format = 2", "key format: '2'"),
        ("scenario.toml", "format = 1", "format = ", "scenario.toml cannot be read as TOML"),
        ("scenario.toml", "start_cash", 'needs = ["magic"]\nstart_cash', "'magic' is none of"),
        ("scenario.toml", "[calendar]", "[kalender]", "stands under an unknown key"),
        ("scenario.toml", '"13:00"', '"1 pm"', "1 pm is no time: write it as 13:00"),
        ("scenario.toml", "[calendar]", '[fees]\nprofile = "explicit"\n[calendar]', "fees.each"),
        (
            "scenario.toml",
            "[2026-11-25, 2026-11-27]",
            "[2026-11-27, 2026-11-25]",
            "key sessions: '[datetime.date(2026, 11, 27)",
        ),
    ],
)
def test_what_is_wrong_is_named(edit: Edit, file: str, old: str, new: str, said: str) -> None:
    told = refusal(edit(file, old, new))
    assert said in told
    assert SAMPLE in told
    assert "\n" not in told


def test_cash_that_does_not_add_up_is_refused(edit: Edit) -> None:
    told = refusal(edit("expected.csv", ",-312000,", ",-312001,"))
    assert "expected.csv, 2026-11-27 cash: 4572500 cents" in told
    assert "add up to 4572499" in told


def test_an_amount_without_its_arithmetic_is_refused(edit: Edit) -> None:
    folder = edit("scenario.toml", "3,120.00 dollars", "all dollars")
    reader.read(folder)  # the amount stands there a second time
    form = folder / "scenario.toml"
    form.write_text(form.read_text(encoding="utf-8").replace("3,120.00", "3,121.00"), "utf-8")
    told = refusal(folder)
    assert "2026-11-27 settle A SPXW-261127-C5000, column cents: -312000 cents are nowhere" in told


def test_the_end_of_expected_is_cash_and_equity(edit: Edit) -> None:
    assert "the last two lines must be cash and equity on 2026-11-27" in refusal(
        edit("expected.csv", "2026-11-27,equity,,,,,,4875500,,,,\n", "")
    )


@pytest.mark.parametrize(
    "file", ["scenario.toml", "quotes.csv", "levels.csv", "actions.csv", "expected.csv"]
)
def test_a_missing_file_is_named(edit: Edit, file: str) -> None:
    folder = edit(file, "", "")
    (folder / file).unlink()
    assert f"{SAMPLE}/{file} is missing: make it" in refusal(folder)


def test_an_empty_file_and_one_that_is_no_text_are_named(edit: Edit) -> None:
    folder = edit("quotes.csv", "", "")
    (folder / "quotes.csv").write_text("# nothing\n", encoding="utf-8")
    assert "quotes.csv, line 1: no titles" in refusal(folder)
    (folder / "quotes.csv").write_bytes(b"\xff\xfe\x00")
    assert "quotes.csv cannot be read as UTF-8" in refusal(folder)


def test_comments_and_blank_lines_count_as_lines(edit: Edit) -> None:
    folder = edit("quotes.csv", "2026-11-25,16:15,SPXW-261127-C5050,3.00", "# wide\n\n2026-11-25,x")
    assert "line 5, column ask_size: the line ends before it" in refusal(folder)


def test_unknown_is_not_zero(edit: Edit) -> None:
    found = reader.read(edit("quotes.csv", "22.00,22.40,50,50,500", ",0,,,"))
    first = found.quotes[0]
    assert (first.bid, first.ask, first.bid_size, first.volume) == (None, 0, None, None)


def test_the_name_of_a_folder(tmp_path: Path) -> None:
    assert "rename it" in refusal(tmp_path / "early_close")
    with pytest.raises(StewardError, match="no scenario in it"):
        reader.names(tmp_path)
    with pytest.raises(StewardError, match="cannot be read"):
        reader.names(tmp_path / "nowhere")
    with pytest.raises(StewardError, match="--only 999"):
        reader.read_all(SCENARIOS, ["999"])


def test_one_scenario_by_number_and_by_name() -> None:
    by_number = reader.read_all(SCENARIOS, ["003"])
    by_both = reader.read_all(SCENARIOS, ["003", SAMPLE])
    assert [x.name for x in by_number] == [x.name for x in by_both] == [SAMPLE]


@pytest.mark.parametrize(
    ("text", "e4"),
    [("12.40", 124_000), ("-0.05", -500), ("0", 0), ("17.4126", 174_126), ("+3", 30_000)],
)
def test_a_price_is_whole_ten_thousandths(text: str, e4: int) -> None:
    assert e4_of(text) == e4
    assert e4_of(in_points(e4)) == e4


@pytest.mark.parametrize("text", ["", "1e3", "0.00001", "1,000", "nan", ".5", "0x10", "1_0"])
def test_what_is_no_price(text: str) -> None:
    assert e4_of(text) is None


ALL = [pytest.param(x, id=x.name) for x in reader.read_all(SCENARIOS)]


@pytest.mark.parametrize("scenario", ALL)
def test_every_scenario_says_what_it_is_about(scenario: Scenario) -> None:
    assert len(scenario.reasoning) >= 300
    assert scenario.rules
    assert all(rule.says and rule.source for rule in scenario.rules)
    assert {x.source for x in scenario.levels} <= {"invented"} | {
        x.source for x in scenario.levels if x.source.startswith("invented")
    }
    assert set(scenario.needs) <= set(NEEDS)


def test_numbers_of_scenarios_are_used_once() -> None:
    numbers = [name[:3] for name in reader.names(SCENARIOS)]
    assert len(set(numbers)) == len(numbers)
    assert len(numbers) >= 20
