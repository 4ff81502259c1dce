"""`steward ledger` as a reader meets it: rows, a balance, the chain, and files for others."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from steward.doors import amounts, writing
from steward.doors.ledger import csv_file
from steward.doors.ledger.books import unknown
from steward.doors.terminal import DISCLAIMER
from steward.ledger import chain
from steward.market.tables import JOURNAL
from steward.runs.backtest import backtest
from steward.runs.result import Result, read, write
from steward.runs.settings import Settings
from steward.terms.errors import StewardError
from steward.terms.trades import Leg

from ..ledger.by_hand import trade
from ..ledger.desk import FRIDAY, THURSDAY, WEDNESDAY, Value, order, started, vix_call
from .ledger_run import WILD, changed, own_journal, run_folder

Said = tuple[int, str, str]
Steward = Callable[..., Said]

ALL_ROWS = list(range(27))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(run_folder(tmp_path_factory.mktemp("runs")))


def rows(said: Said) -> list[int]:
    code, out, err = said
    assert (code, err) == (0, "")
    return [row["sequence"] for row in json.loads(out)["rows"]]


# --- rows ----------------------------------------------------------------------------------------


def test_rows_with_their_causes_in_dollars_and_points(steward: Steward, run: str) -> None:
    code, out, err = steward("ledger", run, "--limit", "0")
    assert (code, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[0] == "row event of quantity price cash holdings equity"
    for said in (
        "2018-02-02 Fri",
        "0 flow capital +250,000.00 250,000.00",
        "2 interest 3.650% a year for 1 day +25.00 250,025.00",
        "3 fill condor SPXW 2018-02-06 2600 P +2 8.30 -1,660.00 +1,660.00 250,025.00",
        "4 fee condor SPXW 2018-02-06 2600 P +2 -2.30 250,022.70",
        "11 mark condor -85.00 249,930.74",
        "13 settle condor SPXW 2018-02-06 2630 P +2 2,615.50 -2,900.00 +2,460.00 247,850.74",
        "SPXW 2018-02-06 2630 P settled on spx_close at 2615.5000",
        "16 end layer_1 lapsed 248,445.74",
        "24 order layer_1 because +1 0.00 248,445.74",
        "on quotes.csv line 7: 8.25 bid, 8.35 asked",
        "by target, on quotes.csv line 7: 1.15 bid, 1.25 asked, the intent is filled",
        "All 27 rows: cash +248,324.64, holdings +120.00 dollars.",
        "The chain of all 43 rows of the run is whole.",
    ):
        assert said in lines, said
    assert max(map(len, out.splitlines())) <= 110


def test_a_proxy_shows_its_bounds(steward: Steward, tmp_path: Path) -> None:
    account, call = started("article"), vix_call(18.0)
    bought = order([Leg(contract=call, quantity=1)], session=THURSDAY, purpose="layer_1")
    trade(account, bought, FRIDAY, (12_000, 110))
    account.send(())
    account.begin(WEDNESDAY)
    # Between 18.50 and 21.25 the call pays 50.00 to 325.00; the proxy says 20.00.
    value = Value(200_000, "vix_prior_close", proxy=True, low_e4=185_000, high_e4=212_500)
    account.settle(lambda _: value, "AM")
    folder = run_folder(tmp_path, account.frame())
    code, out, _ = steward("ledger", str(folder), "--event", "settle")
    assert code == 0
    assert "settled on vix_prior_close at 20.0000 (a proxy: 50.00 to 325.00 dollars)" in out
    assert "+200.00" in out
    assert "This row: cash +200.00, holdings -120.00 dollars." in out


def test_a_first_look_is_short_and_says_so(steward: Steward, run: str) -> None:
    code, out, _ = steward("ledger", run, "--limit", "3")
    assert code == 0
    assert "The first 3 of 27 rows. --limit N shows more of them, --limit 0 all." in out
    assert "3 fill condor" not in " ".join(out.split())
    assert rows(steward("ledger", run, "--limit", "3", "--json")) == [0, 1, 2]
    assert rows(steward("ledger", run, "--json")) == ALL_ROWS


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--session", "2018-02-01"), [0, 1]),
        (("--from", "2018-02-07"), [25, 26]),
        (("--from", "2018-02-02", "--to", "2018-02-03"), list(range(2, 12))),
        (("--event", "flow", "--event", "mark"), [0, 11]),
        (("--purpose", "layer_1", "--event", "fee"), [26]),
        (("--structure", "hedge b"), [24, 25, 26]),
        (("--contract", "2018-03-21"), [25, 26]),
        (("--order", "8"), [24, 25, 26]),
        (("--lot", "1.4"), [9, 10, 15]),
        (("--state", "settled by value"), [12, 13, 14, 15]),
        (("--rule", "target"), [24, 25, 26]),
    ],
)
def test_filters(steward: Steward, run: str, options: tuple[str, ...], expected: list[int]) -> None:
    assert rows(steward("ledger", run, *options, "--json")) == expected


@pytest.mark.parametrize(
    ("days", "said", "near"),
    [
        (
            ("--session", "2018-02-03"),
            "2018-02-03 is a Saturday and no session of the run. The nearest are 2018-02-02 and "
            "2018-02-06.",
            ["2018-02-02", "2018-02-06"],
        ),
        (
            ("--session", "2019-02-05"),
            "2019-02-05 is a Tuesday and no session of the run: the run ends on 2018-02-07.",
            ["2018-02-07"],
        ),
        (
            ("--to", "2017-12-29"),
            "The run has no session up to 2017-12-29: the run begins on 2018-02-01.",
            ["2018-02-01"],
        ),
        (
            ("--from", "2018-02-08"),
            "The run has no session from 2018-02-08 on: the run ends on 2018-02-07.",
            ["2018-02-07"],
        ),
        (
            ("--from", "2018-02-03", "--to", "2018-02-04"),
            "The run has no session from 2018-02-03 to 2018-02-04. The nearest are 2018-02-02 and "
            "2018-02-06.",
            ["2018-02-02", "2018-02-06"],
        ),
    ],
)
def test_days_without_a_session_are_told_with_the_nearest(
    steward: Steward, run: str, days: tuple[str, ...], said: str, near: list[str]
) -> None:
    assert said in " ".join(steward("ledger", run, *days)[1].split())
    assert json.loads(steward("ledger", run, *days, "--json")[1])["nearest_sessions"] == near
    none = steward("ledger", run, "--session", "2018-02-02", "--event", "flow")[1]
    assert "no session" not in none


@pytest.mark.parametrize(
    "asked",
    [
        (),
        ("--rule", "target", "--event", "flow"),
        ("--balance",),
        ("--verify",),
        ("--csv", "a.csv"),
    ],
)
def test_every_answer_ends_with_the_disclaimer(
    steward: Steward, run: str, asked: tuple[str, ...]
) -> None:
    assert steward("ledger", run, *asked)[1].endswith(f"{DISCLAIMER}\n")
    again = (*asked, "--force") if "--csv" in asked else asked
    assert json.loads(steward("ledger", run, *again, "--json")[1])["disclaimer"] == DISCLAIMER


def test_json_holds_the_rows_as_the_table_has_them(steward: Steward, run: str) -> None:
    read_ = json.loads(steward("ledger", run, "--lot", "1.2", "--json")[1])
    assert (read_["fitting"], read_["cash_cents"], read_["value_cents"]) == (
        3,
        242_800 - 231 - 290_000,
        -242_800 + 246_000,
    )
    assert list(read_["rows"][0]) == sorted(JOURNAL)
    assert read_["rows"][0]["session"] == "2018-02-02"
    assert read_["chain"]["whole"] is True
    assert read_["chain"]["broken"] is None
    assert read_["ledgers"] == ["article"]
    assert read_["prices"] == ""


def test_the_ledgers_of_a_run(steward: Steward, run: str) -> None:
    both = json.loads(steward("ledger", run, "--ledger", "all", "--json")[1])
    assert Counter(row["ledger"] for row in both["rows"]) == {"unhedged": 16, "article": 27}
    two = steward("ledger", run, "--ledger", "article", "--ledger", "unhedged", "--event", "flow")[
        1
    ]
    assert "unhedged, 2018-02-01 Thu" in two
    assert "article, 2018-02-01 Thu" in two
    assert two.index("unhedged, ") < two.index("article, ")
    assert "unhedged, " in steward("ledger", run, "--ledger", "all", "--limit", "1")[1]
    one = json.loads(steward("ledger", run, "--ledger", "unhedged", "--json")[1])
    assert one["fitting"] == 16


def test_where_nothing_fits_it_says_what_could_be_asked(steward: Steward, run: str) -> None:
    code, out, err = steward("ledger", run, "--event", "settle", "--purpose", "layer_1")
    assert (code, err) == (0, "")
    assert "No row of article fits all of that." in out
    assert "--event could be end, fee, fill or order." in out
    assert "--purpose could be condor." in out
    assert "The chain of all 43 rows of the run is whole." in out
    code, out, _ = steward("ledger", run, "--from", "2019-01-01", "--ledger", "all")
    assert "No row of unhedged and article fits" in out
    assert "--session, --from or --to could be 2018-02-01 to 2018-02-07." in out
    code, out, _ = steward("ledger", run, "--contract", "2018-03-21", "--purpose", "condor")
    assert "--contract could be SPXW 2018-02-06 2600 P, SPXW 2018-02-06 2630 P, " in out
    code, out, _ = steward("ledger", run, "--order", "8", "--to", "2018-02-06", "--event", "end")
    assert "--order could be iw0, iw1, iw2, iw3, " in out
    code, out, _ = steward("ledger", run, "--rule", "target", "--session", "2018-02-01")
    assert "--session, --from or --to could be 2018-02-06 to 2018-02-07." in out
    code, out, _ = steward("ledger", run, "--rule", "target", "--ledger", "unhedged")
    assert "--rule could be nothing: no row has one." in out
    code, out, _ = steward("ledger", run, "--rule", "target", "--event", "flow", "--json")
    assert code == 0
    found = json.loads(out)
    assert (found["rows"], found["fitting"]) == ([], 0)
    assert found["instead"]["--event"] == ["fee", "fill", "order"]


def test_wide_amounts_still_fit_the_line(steward: Steward, tmp_path: Path, run: str) -> None:
    """An account of a billion: the columns move closer."""
    journal = own_journal().with_columns(
        pl.col("equity") + 10**11, quantity=pl.col("quantity") * 10_000
    )
    folder = run_folder(tmp_path / "wide", journal)
    code, out, _ = steward("ledger", str(folder), "--event", "fill")
    assert code == 3
    assert max(map(len, out.splitlines())) <= 110
    assert "1,000,250,025.00" in out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--event", "fil"), "--event fil: is none of order, flow, interest"),
        (("--purpose", "hedge"), "--purpose hedge: is none of condor, layer_1"),
        (("--state", "done"), "--state done: is none of filled, partly filled"),
        (("--ledger", "static"), "--ledger static: is none of unhedged, article, all"),
        (("--rule", "none"), "--rule none: is none of target"),
        (("--rule", "target", "--rule", "targ"), "--rule targ: is none of target"),
        (("--structure", "c"), "--structure c: is part of none of "),
        (
            ("--contract", "2631"),
            "--contract 2631: is part of none of SPXW 2018-02-06 2600 P, SPXW 2018-02-06 2630 P, ",
        ),
        (("--lot", "x"), "--lot x: is part of none of "),
        (("--order", "none", "--csv", "a.csv"), "--order none: is part of none of 1, 8, i1, i8, "),
        (("--order", "none"), ", and 8 more"),
        (("--session", "today"), "is not a day"),
        (("--session", "2018-02-01", "--to", "2018-02-02"), "give the one or the other"),
        (("--from", "2018-02-03", "--to", "2018-02-02"), "comes after --to 2018-02-02"),
        (("--limit", "-1"), "--limit"),
        (("--balance", "--verify"), "--balance and --verify do not go together"),
        (("--balance", "--csv", "a.csv"), "--balance and --csv do not go together"),
        (("--balance", "--event", "fee", "--lot", "1"), "leave out --event, --lot"),
        (("--balance", "--from", "2018-02-02"), "leave out --session, --from or --to"),
        (("--verify", "--limit", "3"), "--verify looks at every row: leave out --limit"),
        (("--beancount", "a", "--rule", "x"), "holds every row, so that it balances: leave out"),
        (("--beancount", "a", "--ledger", "all"), "name it with --ledger, unhedged or article"),
        (("--force",), "--force goes with --csv or --beancount only"),
    ],
)
def test_bad_input_is_one_line_and_two(
    steward: Steward, tmp_path: Path, run: str, options: tuple[str, ...], said: str
) -> None:
    code, out, err = steward("ledger", run, *options)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_name_of_which_a_run_has_none() -> None:
    assert str(unknown("--rule", "target", [])) == "--rule target: no row of the run has one"
    many = unknown("--lot", "x", list("abcdef"), part=True)
    assert str(many) == "--lot x: is part of none of a, b, c, d, and 2 more"
    assert str(unknown("--rule", "x", list("abcdef"))) == "--rule x: is none of a, b, c, d, e, f"


def test_a_folder_that_is_no_run(steward: Steward) -> None:
    code, out, err = steward("ledger", "nowhere")
    assert (code, out) == (2, "")
    assert "not a run folder" in err


# --- balance -------------------------------------------------------------------------------------


def test_a_trial_balance_by_hand(steward: Steward, run: str) -> None:
    code, out, err = steward("ledger", run, "--balance", "--ledger", "all")
    assert (code, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    for said in (
        "account unhedged article",
        "Assets:Cash 248,445.74 248,324.64",
        "Assets:Holdings:Condor 0.00 0.00",
        "Assets:Holdings:Layer-1 120.00",
        "Equity:Owner -250,000.00 -250,000.00",
        "Income:Result:Condor 1,570.00 1,570.00",
        "Income:Interest -25.00 -25.00",
        "Expenses:Fees:Condor 9.26 9.26",
        "Expenses:Fees:Layer-1 1.10",
        "sum 0.00 0.00",
        "The chain of all 43 rows of the run is whole.",
    ):
        assert said in lines, said
    assert "after the last session" in out


@pytest.mark.parametrize("option", ["--to", "--session"])
def test_a_trial_balance_after_a_session(steward: Steward, run: str, option: str) -> None:
    code, out, _ = steward("ledger", run, "--balance", option, "2018-02-02", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["until"] == "2018-02-02"
    assert found["balance_cents"] == {
        "article": {
            "Assets:Cash": 25_134_574,
            "Assets:Holdings:Condor": -141_500,
            "Equity:Owner": -25_000_000,
            "Income:Result:Condor": 8_500,
            "Income:Interest": -2_500,
            "Expenses:Fees:Condor": 926,
        }
    }
    assert "after 2018-02-02" in steward("ledger", run, "--balance", option, "2018-02-02")[1]


def test_a_balance_of_before_the_first_session_is_empty(steward: Steward, run: str) -> None:
    code, out, _ = steward("ledger", run, "--balance", "--to", "2017-01-01", "--json")
    assert (code, json.loads(out)["balance_cents"]) == (0, {"article": {}})
    assert steward("ledger", run, "--balance", "--to", "2017-01-01")[0] == 0


# --- the chain -----------------------------------------------------------------------------------


def heads_by_hand(folder: str) -> dict[str, str]:
    """Without a line of the package."""
    heads: dict[str, str] = {}
    for row in pl.read_parquet(f"{folder}/journal.parquet").iter_rows(named=True):
        said, ledger = row.pop("hash"), row["ledger"]
        line = json.dumps(row, separators=(",", ":"), ensure_ascii=False, default=str)
        start = hashlib.sha256(f"journal of {ledger}".encode()).hexdigest()
        heads[ledger] = hashlib.sha256(f"{heads.get(ledger, start)}\n{line}".encode()).hexdigest()
        assert heads[ledger] == said
    return heads


def test_the_heads_of_a_chain_that_is_whole(steward: Steward, run: str) -> None:
    code, out, err = steward("ledger", run, "--verify")
    assert (code, err) == (0, "")
    assert "The chain of all 43 rows of the run is whole." in out
    assert "Every event balances" in out
    assert "after each of 4 sessions" in out
    found = dict(line.split() for line in out.splitlines() if re.search(r"[0-9a-f]{64}", line))
    assert found == heads_by_hand(run)
    told = json.loads(steward("ledger", run, "--verify", "--json")[1])
    assert told["chain"] == {"whole": True, "heads": found, "broken": None}
    assert (told["balanced"], told["sessions"]) == (True, 4)


@pytest.fixture
def tampered(tmp_path: Path) -> str:
    """A fee of a cent less."""
    return str(run_folder(tmp_path / "runs", changed(own_journal(), 6, "cash", -230)))


BROKEN = "ledger article, session 2018-02-02: row 6 is not the one that was written there"


def test_a_changed_row_is_found_and_named(steward: Steward, tampered: str) -> None:
    for options in (("--verify",), ("--verify", "--json")):
        code, out, err = steward("ledger", tampered, *options)
        assert (code, out) == (3, "")
        assert BROKEN in err
        assert err.count("\n") == 1


def test_rows_of_a_broken_chain_are_shown_and_said_to_be_so(
    steward: Steward, tampered: str
) -> None:
    for options in (("--session", "2018-02-02"), ("--balance",), ("--rule", "none")):
        code, out, err = steward("ledger", tampered, *options)
        assert code == 3
        assert "THE CHAIN IS BROKEN." in out
        assert BROKEN[1:] in " ".join(out.split())
        assert BROKEN in err
    code, out, _ = steward("ledger", tampered, "--json")
    assert code == 3
    found = json.loads(out)
    assert found["chain"] == {"whole": False, "heads": {}, "broken": BROKEN}
    assert [row["cash"] for row in found["rows"] if row["sequence"] == 6] == [-230]


def test_nothing_of_a_broken_chain_is_exported(
    steward: Steward, tmp_path: Path, tampered: str
) -> None:
    for option in ("--csv", "--beancount"):
        code, out, err = steward("ledger", tampered, option, "out.file")
        assert (code, out) == (3, "")
        assert BROKEN in err
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_a_journal_cut_at_its_end_or_made_anew_breaks_the_seal(
    steward: Steward, tmp_path: Path
) -> None:
    """Each row still builds on the one before it; only the seal knows how many there were."""
    folder = Path(run_folder(tmp_path / "runs", own_journal()))
    path = folder / "journal.parquet"
    whole = pl.read_parquet(path)
    whole.head(whole.height - 2).write_parquet(path)
    code, out, err = steward("ledger", str(folder), "--verify")
    assert (code, out) == (3, "")
    assert "the journal has 41 rows, and is not the table that the run wrote with 43" in err
    code, out, _ = steward("ledger", str(folder), "--json")
    assert code == 3
    assert json.loads(out)["chain"]["whole"] is False
    assert json.loads(out)["chain"]["heads"] == {}


@pytest.mark.parametrize("column", [name for name in JOURNAL if name != "ledger"])
def test_a_cell_that_was_emptied_or_filled_is_found(
    steward: Steward, tmp_path: Path, column: str
) -> None:
    """Whatever else such a row says, it is shown and named."""
    journal = own_journal()
    filled = journal.filter(pl.col("ledger") == "article", pl.col(column).is_not_null())
    number = filled["sequence"][-1] if filled.height else 5
    value = None if filled.height else (7 if JOURNAL[column] == pl.Int64 else "x")
    folder = str(run_folder(tmp_path / "runs", changed(journal, number, column, value)))
    for options in (("--limit", "0"), ("--balance",), ("--json",)):
        code, out, err = steward("ledger", folder, *options)
        assert code == 3
        assert "is not the one that was written there" in err
        assert "broken" in out.lower()


def test_a_chain_made_again_over_a_changed_row_does_not_balance(
    steward: Steward, tmp_path: Path
) -> None:
    """Whoever changes a row can hash them all anew; the books do not close all the same."""
    journal = changed(own_journal(), 6, "cash", -230)
    parts = []
    for part in journal.partition_by("ledger", maintain_order=True):
        made = chain.hashes(part, before=chain.first_link(part["ledger"][0]))
        parts.append(part.with_columns(hash=pl.Series(made)))
    folder = str(run_folder(tmp_path / "runs", pl.concat(parts)))
    code, out, err = steward("ledger", folder, "--verify")
    assert (code, out) == (3, "")
    assert "the fee of row 6 is off by 1 cents" in err
    assert steward("ledger", folder)[0] == 0
    code, out, err = steward("ledger", folder, "--beancount", "out.beancount")
    assert (code, out) == (3, "")
    assert not (tmp_path / "out.beancount").exists()


# --- CSV -----------------------------------------------------------------------------------------


def test_a_csv_holds_all_columns_and_numbers_stay_numbers(
    steward: Steward, tmp_path: Path, run: str
) -> None:
    code, out, err = steward("ledger", run, "--csv", "out.csv", "--ledger", "all")
    assert (code, err) == (0, "")
    assert "Wrote 43 rows to out.csv" in out
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        head, *cells = csv.reader(file)
    beside = ["price_points", "cash_dollars", "value_dollars", "equity_dollars"]
    assert head == [*JOURNAL, *beside]
    journal = read(Path(run)).journal
    assert len(cells) == journal.height == 43
    for found, row in zip(cells, journal.iter_rows(named=True), strict=True):
        told = dict(zip(head, found, strict=True))
        for name, kind in JOURNAL.items():
            if row[name] is None:
                assert told[name] == ""
            elif kind == pl.Int64:
                assert int(told[name]) == row[name]
            elif kind == pl.String:
                assert told[name].removeprefix("'") == row[name]
        assert told["session"] == row["session"].isoformat()
        for name in ("cash", "value", "equity"):
            assert re.fullmatch(r"-?\d+\.\d\d", told[f"{name}_dollars"])
            assert int(told[f"{name}_dollars"].replace(".", "")) == row[name]
        if row["price"] is not None:
            assert round(float(told["price_points"]) * 10_000) == row["price"]
    fee = next(row for row in cells if row[0] == "4" and row[1] == "article")
    assert fee[head.index("cash")] == "-230"
    assert fee[head.index("cash_dollars")] == "-2.30"


def test_no_cell_of_text_is_a_formula(steward: Steward, tmp_path: Path, run: str) -> None:
    steward("ledger", run, "--csv", "out.csv", "--event", "end")
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        found = [row["reason"] for row in csv.DictReader(file)]
    assert [cell.removeprefix("'") for cell in found[:-1]] == list(WILD[:-1])
    assert all(cell.startswith("'") for cell in found[:-1])
    assert found[-1] == WILD[-1]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "'"])
def test_a_sign_that_begins_a_formula_is_guarded(sign: str) -> None:
    assert csv_file.safe(f"{sign}x") == f"'{sign}x"
    assert csv_file.safe(f"x{sign}") == f"x{sign}"
    assert csv_file.safe("") == ""


def test_a_csv_of_some_rows(steward: Steward, tmp_path: Path, run: str) -> None:
    code, out, _ = steward("ledger", run, "--csv", "a/b.csv", "--event", "fee", "--limit", "1")
    assert code == 0
    assert "Wrote 1 row to a/b.csv" in out
    text = (tmp_path / "a" / "b.csv").read_text(encoding="utf-8").splitlines()
    assert len(text) == 2
    assert text[1].startswith("4,article,2018-02-02,fee,")
    none = ("--rule", "target", "--event", "flow")
    code, out, _ = steward("ledger", run, "--csv", "none.csv", *none, "--json")
    assert json.loads(out)["csv"] == {"file": "none.csv", "rows": 0}


# --- beancount -----------------------------------------------------------------------------------

STRING = r'"(?:[^"\\]|\\.)*"'
ACCOUNT = r"(?:Assets|Liabilities|Equity|Income|Expenses)(?::[A-Z0-9][A-Za-z0-9-]*)+"
DAY = r"\d{4}-\d\d-\d\d"
AMOUNT = r"-?\d+\.\d\d"
FORMS = {
    "option": rf"option {STRING} {STRING}",
    "commodity": rf"{DAY} commodity USD",
    "open": rf"({DAY}) open ({ACCOUNT}) USD",
    "transaction": rf"({DAY}) \* ({STRING}) ({STRING})",
    "note": rf"({DAY}) note ({ACCOUNT}) ({STRING})",
    "balance": rf"({DAY}) balance ({ACCOUNT}) +({AMOUNT}) ~ 0\.00 USD",
    "metadata": rf"  ([a-z]+): (\d+|{STRING})",
    "posting": rf"  ({ACCOUNT}) +({AMOUNT}) USD",
}


def read_beancount(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each line by its form. Fails on a line that is of none."""
    for line in text.splitlines():
        if not line:
            continue
        for form, pattern in FORMS.items():
            found = re.fullmatch(pattern, line)
            if found:
                yield form, found.groups()
                break
        else:
            pytest.fail(f"no form of the language: {line}")


def in_cents(amount: str) -> int:
    return int(amount.replace(".", ""))


def added_up(text: str) -> tuple[Counter[str], list[dict[str, str]], int]:
    """Final balances in cents, the metadata of all entries, and how many balances were asserted.

    Accounts are open before they are used; every transaction is zero; every balance holds at the
    beginning of its day, to the cent.
    """
    opened: dict[str, str] = {}
    moves: list[tuple[str, str, int]] = []
    asserted: list[tuple[str, str, int]] = []
    entries: list[dict[str, str]] = []
    sums: list[int] = []
    day = ""
    for form, parts in read_beancount(text):
        if form == "open":
            opened[parts[1]] = parts[0]
        elif form in ("transaction", "note"):
            day = parts[0]
            entries.append({"day": day, "form": form, "words": parts[-1]})
            sums.append(0)
            if form == "note":
                assert opened[parts[1]] <= day
        elif form == "metadata":
            entries[-1][parts[0]] = parts[1]
        elif form == "posting":
            assert opened[parts[0]] <= day
            sums[-1] += in_cents(parts[1])
            moves.append((day, parts[0], in_cents(parts[1])))
        elif form == "balance":
            asserted.append((parts[0], parts[1], in_cents(parts[2])))
    assert set(sums) <= {0}
    for on, account, cents in asserted:
        held = sum(moved for when, of, moved in moves if of == account and when < on)
        assert (on, account, held) == (on, account, cents)
    final: Counter[str] = Counter()
    for _, account, cents in moves:
        final[account] += cents
    return final, entries, len(asserted)


def test_beancount_by_hand(steward: Steward, tmp_path: Path, run: str) -> None:
    code, out, err = steward("ledger", run, "--beancount", "article.beancount")
    assert (code, err) == (0, "")
    assert "Wrote 27 rows to article.beancount" in out
    text = (tmp_path / "article.beancount").read_text(encoding="utf-8")
    final, entries, asserted = added_up(text)
    assert final == {
        "Assets:Cash": 24_832_464,
        "Assets:Holdings:Condor": 0,
        "Assets:Holdings:Layer-1": 12_000,
        "Equity:Owner": -25_000_000,
        "Income:Result:Condor": 157_000,
        "Income:Interest": -2_500,
        "Expenses:Fees:Condor": 926,
        "Expenses:Fees:Layer-1": 110,
    }
    assert asserted == 3  # cash, condors and calls, after the one month of the run
    assert "2018-02-08 balance Assets:Holdings:Layer-1" in text
    assert [int(entry["sequence"]) for entry in entries] == ALL_ROWS
    assert entries[3]["words"] == '"+2 SPXW 2018-02-06 2600 P at 8.30; because"'
    journal = read(Path(run)).journal.filter(ledger="article")
    for entry, row in zip(entries, journal.iter_rows(named=True), strict=True):
        assert entry["day"] == row["session"].isoformat()
        assert entry["form"] == ("transaction" if row["cash"] or row["value"] else "note")
        for key, column in (
            ("event", "event"),
            ("intent", "intent_id"),
            ("order", "order_id"),
            ("rule", "rule"),
            ("quote", "quote"),
            ("hash", "hash"),
        ):
            assert entry.get(key) == (None if row[column] is None else f'"{row[column]}"')
    assert r"a \"quoted\" word, a \\ and a\nnew line; größer" in text
    assert r'"end: \tbegins with a tab"' in text


def test_a_ledger_with_cash_alone(steward: Steward, tmp_path: Path, run: str) -> None:
    code, _, _ = steward("ledger", run, "--beancount", "u.beancount", "--ledger", "unhedged")
    assert code == 0
    final, entries, asserted = added_up((tmp_path / "u.beancount").read_text(encoding="utf-8"))
    assert final["Assets:Cash"] == 24_844_574
    assert (len(entries), asserted) == (16, 2)


def test_whole_runs_add_up_in_every_ledger(steward: Steward, tmp_path: Path, worlds: Any) -> None:
    made: Result = backtest(worlds.market(1, 110), Settings(rules=worlds.rules(1)))
    folder = str(write(made, tmp_path / "runs"))
    for name in ("cash", "unhedged", "static", "article"):
        file = tmp_path / f"{name}.beancount"
        code, out, err = steward("ledger", folder, "--ledger", name, "--beancount", str(file))
        assert (code, err) == (0, "")
        assert "odelled" in out
        final, entries, asserted = added_up(file.read_text(encoding="utf-8"))
        own = made.equity.filter(ledger=name).sort("session")
        assert sum(v for k, v in final.items() if k.startswith("Assets")) == own["equity"][-1]
        assert final["Assets:Cash"] == own["cash"][-1]
        assert sum(final.values()) == 0
        assert len(entries) == made.journal.filter(ledger=name).height
        months = own["session"].dt.strftime("%Y-%m").n_unique()
        assert asserted % months == 0
        assert asserted >= months
        last: date = own["session"][-1]
        assert f"{last + timedelta(days=1)} balance Assets:Cash" in file.read_text()


# --- files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", ["--csv", "--beancount"])
def test_a_file_that_is_there_stays_unless_forced(
    steward: Steward, tmp_path: Path, run: str, option: str
) -> None:
    target = tmp_path / "out.file"
    target.write_text("mine", encoding="utf-8")
    code, out, err = steward("ledger", run, option, "out.file")
    assert (code, out) == (2, "")
    assert f"{option} out.file: is there already; --force writes over it" in err
    assert target.read_text(encoding="utf-8") == "mine"
    code, _, _ = steward("ledger", run, option, "out.file", "--force")
    assert code == 0
    assert target.read_text(encoding="utf-8") != "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["out.file"]


def test_where_one_of_two_files_is_there_none_is_written(
    steward: Steward, tmp_path: Path, run: str
) -> None:
    (tmp_path / "b.beancount").write_text("mine", encoding="utf-8")
    code, _, err = steward("ledger", run, "--csv", "a.csv", "--beancount", "b.beancount")
    assert code == 2
    assert "b.beancount: is there already" in err
    assert [path.name for path in tmp_path.iterdir()] == ["b.beancount"]


@pytest.mark.parametrize(
    ("csv", "beancount", "said"),
    [
        ("same.out", "./same.out", "--csv same.out and --beancount same.out are one file"),
        ("a.csv", "taken/b.bean", "--beancount taken/b.bean: cannot be written (a file stands"),
        ("a.csv", "taken", "--beancount taken: is there already"),
        ("a.csv", "x" * 300, "cannot be written"),
    ],
)
def test_all_places_are_looked_at_before_anything_is_written(
    steward: Steward, tmp_path: Path, run: str, csv: str, beancount: str, said: str
) -> None:
    (tmp_path / "taken").write_text("mine", encoding="utf-8")
    code, out, err = steward("ledger", run, "--csv", csv, "--beancount", beancount)
    assert (code, out) == (2, "")
    assert said in err
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_folder_without_the_right_to_write_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing.os, "access", lambda *_: False)
    with pytest.raises(StewardError, match="no right to write in that folder"):
        writing.check([writing.Target("--csv", tmp_path / "new" / "a.csv")])
    assert list(tmp_path.iterdir()) == []


def test_two_files_at_once(steward: Steward, tmp_path: Path, run: str) -> None:
    code, out, _ = steward("ledger", run, "--csv", "a.csv", "--beancount", "b.bean", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["csv"] == {"file": "a.csv", "rows": 27}
    assert found["beancount"] == {"file": "b.bean", "rows": 27}


@pytest.mark.parametrize(
    ("target", "said"), [("folder", "is a folder; name a file"), ("file/x", "name another place")]
)
def test_a_place_where_no_file_can_be(
    steward: Steward, tmp_path: Path, run: str, target: str, said: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("", encoding="utf-8")
    code, out, err = steward("ledger", run, "--csv", target, "--force")
    assert (code, out) == (2, "")
    assert said in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    def breaks_off() -> Iterator[str]:
        yield "a line\n"
        raise KeyboardInterrupt

    target = tmp_path / "out.csv"
    with pytest.raises(KeyboardInterrupt):
        writing.write([(writing.Target("--csv", target, False), breaks_off())])
    assert list(tmp_path.iterdir()) == []
    target.write_text("old", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        writing.write([(writing.Target("--csv", target, True), breaks_off())])
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
    assert target.read_text(encoding="utf-8") == "old"


def test_a_link_that_leads_nowhere_is_a_file_that_is_there(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "gone")
    with pytest.raises(StewardError, match="is there already"):
        writing.write([(writing.Target("--csv", link, False), ["x"])])


# --- amounts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cents", "plain", "signed", "exact"),
    [
        (0, "0.00", "0.00", "0.00"),
        (5, "0.05", "+0.05", "0.05"),
        (-5, "-0.05", "-0.05", "-0.05"),
        (123_456_789, "1,234,567.89", "+1,234,567.89", "1234567.89"),
        (-100_000, "-1,000.00", "-1,000.00", "-1000.00"),
    ],
)
def test_cents_as_dollars(cents: int, plain: str, signed: str, exact: str) -> None:
    assert amounts.dollars(cents) == plain
    assert amounts.dollars(cents, signed=True) == signed
    assert amounts.decimal(cents, 2) == exact


@pytest.mark.parametrize(
    ("e4", "expected"),
    [
        (26_400, "2.64"),
        (166_389, "16.6389"),
        (-60_000, "-6.00"),
        (-500, "-0.05"),
        (26_155_000, "2,615.50"),
        (10, "0.0010"),
    ],
)
def test_ten_thousandths_as_points(e4: int, expected: str) -> None:
    assert amounts.points(e4) == expected
