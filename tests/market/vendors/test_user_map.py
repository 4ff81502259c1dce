"""Maps of private CSV files: the examples of the docs on real files, and every mistake by name."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from steward.intake.importing import import_paths, opened
from steward.intake.opening import find
from steward.market.believe import judge
from steward.market.vendors.layout import CsvLayout
from steward.market.vendors.registry import recognise
from steward.market.vendors.source import Hints, Source
from steward.market.vendors.user_map import read_map, read_maps
from steward.terms.errors import StewardError

MAPS = Path(__file__).resolve().parents[3] / "docs" / "maps"


def read(layout: CsvLayout, path: Path, hints: Hints | None = None) -> tuple[Source, pl.DataFrame]:
    (found,) = find([path])
    source = opened(found, hints or Hints())
    assert recognise(source.head, source.shown, [layout]) is layout
    batches = list(layout.read(source))
    assert all(batch.set_aside.is_empty() for batch in batches)
    return source, pl.concat([batch.rows for batch in batches])


GOOD = """
name = "mine"
title = "Mine"
[columns]
session = { column = "day", format = "%d.%m.%Y" }
expiry = { column = "expires", format = "%Y%m%d" }
strike = "strike"
right = "kind"
bid = "bid"
ask = "ask"
[constants]
symbol = "SPX"
snapshot = "eod"
"""
HEADER = "day,expires,strike,kind,bid,ask"
ROW = "04.03.2019,20190315,1000,put,10.5,10.9"


def mapped(tmp_path: Path, text: str) -> CsvLayout:
    path = tmp_path / "my.toml"
    path.write_text(text, encoding="utf-8")
    return read_map(path)


def rows_of(tmp_path: Path, toml: str, *lines: str, name: str = "mine.csv") -> pl.DataFrame:
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n")
    return read(mapped(tmp_path, toml), path)[1]


def test_days_in_the_order_that_the_map_says(tmp_path: Path) -> None:  # written
    row = rows_of(tmp_path, GOOD, HEADER, ROW).row(0, named=True)
    assert (row["session"], row["expiry"]) == (date(2019, 3, 4), date(2019, 3, 15))
    assert (row["strike"], row["right"], row["bid"], row["ask"]) == (1000.0, "P", 10.5, 10.9)
    assert (row["volume"], row["root"], row["settlement"]) == (None, None, None)


def test_option_symbols_thousandths_and_a_clock_of_another_zone(tmp_path: Path) -> None:  # written
    toml = (MAPS / "thousandths_and_a_clock.toml").read_text()
    rows = rows_of(
        tmp_path,
        toml,
        "taken;contract;bid;ask",
        "03/04/2019 14:00:07;SPXW  190315P01000500;104999;109000",
        "03/04/2019 14:00:07;SPXW  190315C01000500;-1;109000",
    )
    put = rows.row(0, named=True)
    assert put["moment"] == datetime(2019, 3, 4, 20, 0, 7, tzinfo=UTC)  # 15:00 in New York
    assert (put["session"], put["snapshot"]) == (date(2019, 3, 4), "1500")
    assert (put["symbol"], put["root"], put["expiry"]) == ("SPX", "SPXW", date(2019, 3, 15))
    assert (put["strike"], put["right"]) == (1000.5, "P")
    assert (put["bid"], put["ask"]) == (10.4999, 10.9)  # to the bit
    assert rows["bid"][1] is None


def test_what_is_not_said_comes_from_the_file_name_or_the_hints(tmp_path: Path) -> None:  # written
    toml = GOOD.replace('session = { column = "day", format = "%d.%m.%Y" }\n', "").replace(
        'symbol = "SPX"\nsnapshot = "eod"\n', ""
    )
    layout = mapped(tmp_path, toml)
    path = tmp_path / "spxw_2019-03-04.csv"
    path.write_text(f"{HEADER}\n{ROW}\n")
    source, rows = read(layout, path)
    row = rows.row(0, named=True)
    assert (row["session"], row["symbol"], row["root"]) == (date(2019, 3, 4), "SPX", "SPXW")
    assert row["snapshot"] == "eod"
    assert len(source.notes) == 4  # each of them is told
    assert source.ignored == ("day",)
    path = path.rename(tmp_path / "chain.csv")
    with pytest.raises(StewardError, match="--symbol"):
        read(layout, path)


def test_a_column_that_is_not_in_the_file_is_named(tmp_path: Path) -> None:  # written
    layout = mapped(tmp_path, GOOD)
    path = tmp_path / "mine.csv"
    path.write_text("day,expires,strike,kind,bid,offered\n")
    (refused,) = import_paths([path], tmp_path / "store", extra=[layout]).refused
    assert "nearest is Mine (mine): the file lacks ask and has besides offered" in refused.reason


WIDE = '[calls]\nbid = "bid"\nask = "ask"\n[puts]\nbid = "pb"\nask = "pa"\n'


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[columns]", "[colums]", "key colums: unknown"),
        ('strike = "strike"', 'strik = "strike"', "key columns.strik: unknown"),
        ('strike = "strike"', "", "key columns.strike: is missing"),
        ('bid = "bid"', "", "key columns.bid: is missing; without bid and ask"),
        ('ask = "ask"', 'ask = "BID"', "key columns.ask: 'BID' is the bid's column too; a mid is"),
        ('ask = "ask"', 'ask = "strike"', "key columns.strike: column 'strike' is columns.ask"),
        ("%d.%m.%Y", "%d.%m", "key columns.session.format: '%d.%m' does not say year, month"),
        ("%d.%m.%Y", "%d.%d.%Y", "key columns.session.format: '%d.%d.%Y' does not say"),
        ("%d.%m.%Y", "%d.%m.%Y %H", "key columns.session.format: '%d.%m.%Y %H' does not say"),
        ("%d.%m.%Y", "%q", "key columns.session.format: '%q' does not say"),
        ("%d.%m.%Y", "DD.MM.YYYY", "key columns.session.format: 'DD.MM.YYYY' does not say"),
        ('"%Y%m%d"', "1", "key columns.expiry.format: should be text in quotes, was 1"),
        ('symbol = "SPX"', 'symbol = "SPY"', "key constants.symbol: should be 'SPX' or 'VIX', was"),
        (
            'snapshot = "eod"',
            'snapshot = "2460"',
            "key constants.snapshot: should be eod, or a clock",
        ),
        ('symbol = "SPX"', 'expiry = "2019"', "key constants.expiry: should be a day w"),
        ('symbol = "SPX"', "expiry = 2019-03-15", "key constants.expiry: is a column already"),
        ('symbol = "SPX"', 'root = "SPY"', "key constants.root: should be one of SPX, SPXW, SPXPM"),
        (
            'symbol = "SPX"',
            'symbol = "VIX"\nroot = "SPXW"',
            "key constants.root: SPXW is no root of",
        ),
        (
            'symbol = "SPX"',
            'root = "VIX"\nsettlement = "PM"',
            "key constants.settlement: VIX is AM-settled, was 'PM'",
        ),
        (
            '{ column = "day", format = "%d.%m.%Y" }',
            '"day"',
            "key columns.session: should be a table",
        ),
        ("[constants]", "scale = 3\n[constants]", "key columns.scale: unknown"),
        (
            'title = "Mine"',
            "title = 2019-03-04",
            "key title: should be text in quotes, was 2019-03-04",
        ),
        (
            'title = "Mine"',
            'title = "Mine"\nscale = true',
            "key scale: should be a table, as [scale]",
        ),
        ('symbol = "SPX"', "underlying = 1.5", "key constants.underlying_kind: is missing"),
        ("[constants]", "[scale]\nprice = 0.1\n[constants]", "key scale.price: is no number"),
        ("[constants]", "[scale]\nbid = 0.0\n[constants]", "key scale.bid: must be above 0"),
        ("[constants]", "[scale]\nbid = nan\n[constants]", "key scale.bid: should be a finite"),
        (
            "[constants]",
            '[missing]\niv = ["x"]\n[constants]',
            "key missing.iv.0: should be a number, was",
        ),
        ('name = "mine"', 'name = "My File"', "key name: should be small letters, digits"),
        ('name = "mine"', 'name = "orats"', "key name: 'orats' is a layout of Steward's own"),
        ('name = "mine"', "", "key name: is missing"),
        ('title = "Mine"', 'title = "Mine"\nseparator = "#"', "key separator: should be ','"),
        ('title = "Mine"', 'title = "Mine"\nunread = ["bid"]', "key unread: column 'bid' is col"),
        ("[constants]", WIDE + "[constants]", "key columns.bid: belongs to calls and puts"),
        ("[constants]", WIDE.split("[puts]")[0] + "[constants]", "key puts: is missing beside"),
        ('name = "mine"', "name = mine", "is no TOML"),
        (
            "[columns]",
            '[columns]\nmoment = { column = "t", format = "%H:%M", zone = "UTC" }',
            "key columns.moment.format: '%H:%M' does not say day, hour and minute",
        ),
        (
            "[columns]",
            '[columns]\nmoment = { column = "t", format = "%Y-%m-%d %H:%M", zone = "Mars" }',
            "key columns.moment.zone: 'Mars' is no time zone",
        ),
    ],
)
def test_one_clear_error_a_mistake(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(StewardError) as raised:
        mapped(tmp_path, GOOD.replace(old, new, 1))
    assert str(raised.value).startswith(str(tmp_path / "my.toml"))
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def said_of(tmp_path: Path, text: str) -> str:
    with pytest.raises(StewardError) as raised:
        mapped(tmp_path, text)
    return str(raised.value).removeprefix(f"{tmp_path / 'my.toml'}, ")


def test_all_mistakes_at_once_and_no_word_of_python(tmp_path: Path) -> None:
    text = GOOD.replace('{ column = "day", format = "%d.%m.%Y" }', '"day"').replace(
        'symbol = "SPX"', 'symbol = "SPY"\nroot = "NDX"'
    )
    text = text.replace('strike = "strike"\n', "").replace('ask = "ask"', 'ask = "bid"')
    said = said_of(tmp_path, text)
    assert said == (
        'key columns.session: should be a table, like { column = "Date", format = "%Y-%m-%d" }, '
        "was 'day'; key constants.symbol: should be 'SPX' or 'VIX', was 'SPY'; key columns.ask: "
        "'bid' is the bid's column too; a mid is no quote, and Steward trades on quotes only; key "
        "columns.strike: is missing (or columns.option_symbol); key constants.root: should be one "
        "of SPX, SPXW, SPXPM, SPXQ, VIX, VIXW, was 'NDX'"
    )
    every = GOOD.replace("[columns]", "columns = 3\n[calls]").replace('title = "Mine"\n', "")
    every = every.replace("[constants]", '[missing]\nbid = -1.0\n[constants]\nsettlement = "am"')
    for word in ("valid", "instance", "dictionary", "DayColumn", "Input", "None", "datetime"):
        assert word not in said_of(tmp_path, every)


def test_a_key_that_is_no_good_is_not_also_missing(tmp_path: Path) -> None:
    nothing = said_of(tmp_path, "")
    assert "None" not in nothing
    assert nothing.count("columns.ask") == 1
    said = said_of(tmp_path, GOOD.replace('bid = "bid"', "bid = 1"))
    assert said == "key columns.bid: should be text in quotes, was 1"


def test_a_constant_beside_option_symbols_that_say_it(tmp_path: Path) -> None:
    text = (MAPS / "thousandths_and_a_clock.toml").read_text()
    said = said_of(tmp_path, text.replace("[constants]", '[constants]\nroot = "SPX"'))
    assert said == "key constants.root: stands in columns.option_symbol already"


def test_two_maps_of_one_name(tmp_path: Path) -> None:
    one, two = tmp_path / "one.toml", tmp_path / "two.toml"
    one.write_text(GOOD)
    two.write_text(GOOD.replace('"eod"', '"1545"'))
    with pytest.raises(StewardError) as raised:
        read_maps([one, two])
    assert str(raised.value) == (
        f"{one} and {two}: two maps are named mine; give one of them another name"
    )
    two.write_text(GOOD.replace('"mine"', '"other"'))
    assert [layout.name for layout in read_maps([one, two])] == ["mine", "other"]


def test_the_version_is_of_what_a_map_says(tmp_path: Path) -> None:
    version = mapped(tmp_path, GOOD).version
    assert len(version) == 16
    assert int(version, 16) > 0
    assert mapped(tmp_path, f"# words\n{GOOD}").version == version
    moved = GOOD.replace('bid = "bid"\nask = "ask"', 'ask = "ask"\nbid = "bid"')
    assert moved != GOOD
    assert mapped(tmp_path, moved).version == version
    corrected = GOOD.replace("[constants]", "[scale]\nbid = 0.1\n[constants]")
    assert mapped(tmp_path, corrected).version != version


def test_a_map_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StewardError, match="cannot be read"):
        read_map(tmp_path / "none.toml")


@pytest.mark.parametrize("pattern", ["%Y-%m-%d %H:%M", "%m/%d/%y %I:%M %p", "%d %b %Y %T"])
def test_clocks_in_usual_formats(tmp_path: Path, pattern: str) -> None:  # written
    text = datetime(2019, 3, 4, 15, 45, tzinfo=UTC).strftime(pattern)
    toml = GOOD.replace(
        "[columns]",
        f'[columns]\nmoment = {{ column = "t", format = "{pattern}", zone = "America/New_York" }}',
    )
    row = rows_of(tmp_path, toml, f"{HEADER},t", f"{ROW},{text}").row(0, named=True)
    assert row["moment"] == datetime(2019, 3, 4, 20, 45, tzinfo=UTC)


def test_every_example_of_the_docs_is_a_map() -> None:
    names = [read_map(path).name for path in sorted(MAPS.glob("*.toml"))]
    assert names == [path.stem for path in sorted(MAPS.glob("*.toml"))]
    assert len(names) == 5


def test_the_snapshot_without_roots(shared_data: Path) -> None:
    """The counts are of SOURCES-chains.md."""
    layout = read_map(MAPS / "snapshot_without_roots.toml")
    path = shared_data / "chains" / "spx_snapshot_2025-01-29_no_roots.csv.gz"
    source, rows = read(layout, path)
    assert source.ignored == ()
    assert rows.height == 24_858
    assert rows["session"].unique().to_list() == [date(2025, 1, 29)]  # of the file's name
    assert rows["expiry"].n_unique() == 56
    assert rows["root"].null_count() == rows.height
    key = rows.select("expiry", "strike", "right")
    assert key.height - key.n_unique() == 3_374  # SPX and SPXW side by side
    collide = rows.filter(key.is_duplicated())["expiry"].unique()
    assert collide.dt.weekday().is_in([4, 5]).all()  # third Fridays, or the Thursday before
    assert collide.dt.day().is_between(14, 21).all()
    raw = pl.read_csv(path)
    assert rows["iv"].null_count() == (raw["IV"] == 0.0).sum() > 0
    assert rows["underlying_kind"].unique().to_list() == ["index"]


def test_calls_and_puts_side_by_side(shared_data: Path, tmp_path: Path) -> None:
    layout = read_map(MAPS / "wide_calls_and_puts.toml")
    path = shared_data / "chains" / "spxw_eod_2025-09-03.csv"
    source, rows = read(layout, path)
    assert source.ignored == ()
    assert rows.height == 2 * 3_036  # SOURCES-chains.md
    assert rows["expiry"].n_unique() == 16
    assert rows["expiry"].max() == date(2025, 11, 28)
    assert rows["right"].value_counts(sort=True)["count"].to_list() == [3_036, 3_036]
    assert rows["volume"].null_count() == 0
    assert rows["underlying"].null_count() == rows.height
    (record,) = import_paths([path], tmp_path / "store", extra=[layout]).new
    assert record.layout == "wide_calls_and_puts"
    assert record.kept + sum(record.set_aside.values()) == 2 * 3_036
    # a defect of the file: two expiries are labelled 2025-09-10, 176 strikes each, counted in it
    assert rows.filter(pl.col("expiry") == date(2025, 9, 10)).height == 4 * 176
    assert record.set_aside == {
        "two different quotes of one contract at one moment": 662,
        "the same quote a second time": 21,
    }
    assert set(record.sessions["SPX"]["eod"]) == {"2025-09-03"}


def test_one_expiry_with_the_day_said_in_the_map(shared_data: Path) -> None:
    layout = read_map(MAPS / "one_expiry_in_percent.toml")
    source, rows = read(layout, shared_data / "chains" / "spx_eod_2013-04-19_rnd.csv")
    assert source.ignored == ()
    assert rows.height == 2 * 171  # SOURCES-chains.md
    assert rows["session"].unique().to_list() == [date(2013, 4, 19)]
    # the source counts 62 days: to the Thursday, the last day on which an AM series trades
    assert (date(2013, 6, 21) - date(2013, 4, 19)).days - 1 == 62
    near = rows.filter((pl.col("delta").abs() - 0.5).abs() < 0.05)
    assert near["iv"].is_between(0.05, 0.30).all()  # a fraction now
    puts = rows.filter(pl.col("right") == "P")
    assert puts["delta"].max() <= 0.0


def test_one_expiry_of_vix(shared_data: Path) -> None:
    layout = read_map(MAPS / "one_expiry_of_vix.toml")
    source, rows = read(layout, shared_data / "vix_chains" / "vix_eod_2013-06-25_rnd.csv")
    assert source.ignored == ()
    assert rows.height == 2 * 35  # SOURCES-chains.md
    assert rows["symbol"].unique().to_list() == ["VIX"]
    judged = judge(rows)
    # a blank bid is not known to be 0
    assert judged.filter(pl.col("bid").is_null())["reason"].unique().to_list() == [
        "no bid or no ask"
    ]
    mid = (pl.col("bid") + pl.col("ask")) / 2
    pairs = judged.with_columns(mid=mid).pivot("right", index="strike", values="mid").drop_nulls()
    near = pairs.sort((pl.col("C") - pl.col("P")).abs()).head(5)
    forward = (near["strike"] + near["C"] - near["P"]).median()
    futures = pl.read_csv(
        shared_data / "vix_futures" / "cfe_vx_by_contract_2013_2026.csv.gz", infer_schema=False
    )
    august = futures.filter(pl.col("Trade Date") == "2013-06-25", pl.col("Futures") == "2013-08-21")
    assert isinstance(forward, float)
    # SOURCES-chains.md: the parity forward lies 0.06 above the August future
    assert forward - float(august["Settle"].item()) == pytest.approx(0.06, abs=0.05)


@pytest.mark.parametrize(
    "name", ["spx_vix_calls_2026-04-09.csv", "spxw_0dte_mids_2023-11_2025-06.json.gz"]
)
def test_mids_are_refused(shared_data: Path, tmp_path: Path, name: str) -> None:
    report = import_paths([shared_data / "chains" / name], tmp_path / "store")
    (refused,) = report.refused
    assert report.new == ()
    assert "has strikes but neither bid nor ask: mids, trades and models" in refused.reason
    assert len(refused.reason) < 600
