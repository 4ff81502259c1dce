"""The command `steward attribution`: tables that add up, in every form."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from steward.analytics.explained import TERMS, of_run
from steward.analytics.gains import BY
from steward.doors import amounts
from steward.doors.attribution import text, wording
from steward.doors.notebook import read_run
from steward.doors.terminal import DISCLAIMER
from steward.runs import result as runs_result
from steward.runs import seal
from steward.terms.errors import StewardError

Said = tuple[int, str, str]


@pytest.fixture(scope="module")
def folder(made_up_run: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    manifest = {**made_up_run.manifest, "main": "article"}
    manifest["run_id"] = runs_result.run_id_of(manifest)
    run = runs_result.Result(
        manifest=manifest,
        journal=made_up_run.journal,
        equity=made_up_run.equity,
        decisions=made_up_run.decisions,
        marks=made_up_run.marks,
    )
    return runs_result.write(run, tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def gained(made_up_run: Any) -> dict[str, int]:
    """What each ledger gained, cents, by its equity table alone."""
    found = made_up_run.equity.sort("session").group_by("ledger", maintain_order=True)
    return dict(found.agg(pl.col("equity").last() - pl.col("flow").sum()).rows())


def cents(cell: str) -> int:
    """Of an amount as it is printed."""
    return round(float(cell.replace(",", "")) * 100)


def printed(said: str) -> list[list[str]]:
    """The rows between the rulers, their cells; two blanks or more stand between them."""
    lines = said.splitlines()
    rulers = [i for i, line in enumerate(lines) if line.startswith("─")]
    rows = [*lines[rulers[0] + 1 : rulers[1]], lines[rulers[1] + 1]]
    return [[cell for cell in row.split("  ") if cell.strip()] for row in rows]


@pytest.mark.parametrize("by", ["purpose", "instrument"])
@pytest.mark.parametrize("ledger", ["static", "article"])
def test_the_table_adds_up_as_printed(
    steward: Callable[..., Said], folder: Path, gained: dict[str, int], by: str, ledger: str
) -> None:
    code, said, errors = steward("attribution", str(folder), "--by", by, "--ledger", ledger)
    assert (code, errors) == (0, "")
    *rows, whole = [[cents(cell) for cell in row[1:]] for row in printed(said)]
    assert [sum(column) for column in zip(*rows, strict=True)] == whole
    assert all(sum(row[:-1]) == row[-1] for row in [*rows, whole])
    assert whole[-1] == gained[ledger]
    assert "Modelled quotes: indicative, not a market." in said
    assert f"{amounts.dollars(gained[ledger])} in all" in said


def test_without_a_ledger_it_is_that_of_the_rules(
    steward: Callable[..., Said], folder: Path
) -> None:
    assert steward("attribution", str(folder)) == steward(
        "attribution", str(folder), "--ledger", "article", "--by", "purpose"
    )


def test_by_rule_costs_and_what_was_held_add_up(
    steward: Callable[..., Said], folder: Path, gained: dict[str, int]
) -> None:
    _, said, _ = steward("attribution", str(folder), "--by", "rule")
    *rows, whole = printed(said)
    names = [row[0].strip() for row in rows]
    assert names[-2:] == ["What was held", "Cash"]
    assert set(names[:-2]) == {
        "Condor opened",
        "Condor closed: few days left",
        "Hedge bought to its target",
        "Hedge sold: gain taken",
    }
    assert sum(cents(row[-1]) for row in rows) == cents(whole[-1]) == gained["article"]
    traded = [[cents(cell) for cell in row[1:]] for row in rows[:-2]]
    assert [sum(column) for column in zip(*traded, strict=True)][:-1] == [
        cents(cell) for cell in whole[1:-1]
    ]
    assert all(row[2] + row[3] == row[4] for row in traded)


@pytest.mark.parametrize(
    ("cents", "said"),
    [(250, "3"), (350, "4"), (-250, "-3"), (-49, "0"), (-35_175_850, "-351,759")],
)
def test_dollars_without_cents_are_rounded_half_away_from_zero(cents: int, said: str) -> None:
    assert text.rounded(cents) == said


@pytest.mark.parametrize("by", ["year", "month"])
def test_years_and_months_stand_below_each_other_or_side_by_side(
    steward: Callable[..., Said], folder: Path, by: str
) -> None:
    _, said, _ = steward("attribution", str(folder), "--by", by)
    if by == "year":
        assert said.splitlines()[2].split() == ["2014", "2015", "2016", "2017", "2018", "In", "all"]
        assert [row[0].strip() for row in printed(said)][:2] == ["Theta", "Gamma"]
    else:
        assert said.splitlines()[4].startswith("2014-01 ")
        assert "Rounded to dollars: --csv and --json have the cents." in said
    assert all(len(line) <= 110 for line in said.splitlines())


@pytest.mark.parametrize("by", BY)
def test_json_has_the_cents(
    steward: Callable[..., Said], folder: Path, gained: dict[str, int], by: str
) -> None:
    code, said, _ = steward("attribution", str(folder), "--by", by, "--json", "--ledger", "static")
    found = json.loads(said)
    assert code == 0
    assert (found["ledger"], found["by"], found["unit"]) == ("static", by, "cents")
    assert found["modelled"] is True
    for row in [*found["rows"], found["together"]]:
        assert sum(row[term] for term in TERMS) == row["total"]
    assert sum(row["total"] for row in found["rows"]) == found["together"]["total"]
    assert found["together"]["total"] == gained["static"]


@pytest.mark.parametrize("by", BY)
def test_a_csv_file_has_the_same_to_the_cent(
    steward: Callable[..., Said], folder: Path, tmp_path: Path, gained: dict[str, int], by: str
) -> None:
    target = tmp_path / "table.csv"
    code, said, _ = steward("attribution", str(folder), "--by", by, "--csv", str(target))
    assert code == 0
    rows = list(csv.DictReader(target.read_text("utf-8").splitlines()))
    assert said.splitlines()[-2] == f"Wrote {len(rows)} rows to {target}"
    told = {(row["run_id"], row["ledger"], row["quality"], row["unit"]) for row in rows}
    assert told == {(read_run(folder).run_id, "article", "modelled", "dollars")}
    assert list(rows[0]) == [by, *TERMS, "total", "run_id", "ledger", "quality", "unit"]
    assert sum(cents(row["total"]) for row in rows) == gained["article"]
    assert all(sum(cents(row[term]) for term in TERMS) == cents(row["total"]) for row in rows)


def test_a_csv_file_that_is_there_stays_unless_forced(
    steward: Callable[..., Said], folder: Path, tmp_path: Path
) -> None:
    target = tmp_path / "table.csv"
    target.write_text("mine", "utf-8")
    code, out, err = steward("attribution", str(folder), "--csv", "table.csv")
    assert (code, out) == (2, "")
    assert "--csv table.csv: is there already; --force writes over it" in err
    assert target.read_text("utf-8") == "mine"
    assert steward("attribution", str(folder), "--csv", "table.csv", "--force")[0] == 0
    assert target.read_text("utf-8").startswith("purpose,")


def test_the_disclaimer_stands_at_the_end(steward: Callable[..., Said], folder: Path) -> None:
    assert steward("attribution", str(folder))[1].endswith(f"{DISCLAIMER}\n")
    found = json.loads(steward("attribution", str(folder), "--json")[1])
    assert found["disclaimer"] == DISCLAIMER


def test_no_cell_of_a_csv_file_is_a_formula() -> None:
    assert text.plain_text("=1+1") == "'=1+1"
    assert text.plain_text("@sum") == "'@sum"
    assert text.plain_text("roll_floor") == "roll_floor"
    assert text.plain_text("") == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--ledger", "artikel"), "there are cash, unhedged, static, article"),
        (("--by", "week"), "there are purpose, instrument, year, month, rule"),
        (("--csv", ".."), "is a folder; name a file"),
        (("--force",), "--force goes with --csv only"),
    ],
)
def test_what_is_not_there_is_said_in_a_line(
    steward: Callable[..., Said], folder: Path, words: tuple[str, ...], said: str
) -> None:
    code, out, errors = steward("attribution", str(folder), *words)
    assert (code, out) == (2, "")
    assert said in errors
    assert errors.count("\n") == 1


def test_a_folder_that_is_no_run_is_refused(steward: Callable[..., Said], tmp_path: Path) -> None:
    code, _, errors = steward("attribution", str(tmp_path))
    assert code == 2
    assert "not a run folder" in errors


def test_marks_that_do_not_fit_the_journal_break_the_law(
    steward: Callable[..., Said], folder: Path, tmp_path: Path
) -> None:
    torn = tmp_path / "torn"
    torn.mkdir()
    for name in ("manifest.json", "journal.parquet", "equity.parquet", "decisions.parquet"):
        (torn / name).write_bytes((folder / name).read_bytes())
    marks = pl.read_parquet(folder / "marks.parquet")
    marks.with_columns(pl.col("bid") + 200).write_parquet(torn / "marks.parquet")
    names = [f"{name}.parquet" for name in runs_result.TABLES]
    run_id = runs_result.read_manifest(folder)["run_id"]
    seal.write(torn, run_id, {name: pl.read_parquet(torn / name) for name in names})
    code, _, errors = steward("attribution", str(torn))
    assert code == 3
    assert "law broken (attribution: the terms of a session add up to its change" in errors


# --- where there is little room -------------------------------------------------------------------


class Narrow:
    """A terminal of so many columns that keeps what it is told."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.lines: list[str] = []

    def path(self, words: str) -> None:
        self.lines.append(words)

    def line(self, words: str, style: str = "") -> None:
        self.lines.append(words)

    def table(self, head: Any, rows: Any) -> None:
        self.lines += ["paragraphs", *(row[0] for row in rows)]


@pytest.mark.parametrize(
    ("width", "down", "exact"), [(110, True, True), (66, True, False), (30, False, True)]
)
def test_a_narrow_terminal_has_dollars_then_paragraphs(
    folder: Path, width: int, down: bool, exact: bool
) -> None:
    out = Narrow(width)
    text._terms(out, read_run(folder).attribution("purpose"), wording.purpose)  # type: ignore[arg-type]
    if not down:
        assert out.lines == [
            "paragraphs",
            "Condors",
            "Layer 1",
            "Layer 2",
            "Layer 3",
            "Cash",
            "In all",
        ]
        return
    assert out.lines[2].startswith("Theta")
    assert all(len(line) <= width for line in out.lines)
    assert ("." in out.lines[2]) == exact
    assert out.lines[-1].startswith("Rounded") != exact


# --- from Python ----------------------------------------------------------------------------------


def test_a_result_gives_the_same_tables(folder: Path, gained: dict[str, int]) -> None:
    result = read_run(folder)
    assert result.main == "article"
    assert result.gains.equals(of_run(result))
    assert result.attribution()["total"].sum() == gained["article"]
    assert result.attribution("month", ledger="static")["total"].sum() == gained["static"]
    costs = result.costs(ledger="static")
    terms = dict(
        result.gains.filter(pl.col("ledger") == "static")
        .group_by("term")
        .agg(pl.col("cents").sum())
        .rows()
    )
    assert costs["total"].sum() == terms["slippage"] + terms["fees"]
    assert result.attribution("rule", ledger="cash")["rule"].to_list() == ["cash"]
    with pytest.raises(StewardError, match="no ledger is named"):
        result.attribution(ledger="none")


def test_every_term_and_every_rule_has_its_words() -> None:
    assert {term.key for term in wording.TERMS} == set(TERMS)
    assert wording.rule("condor_entry") == "Condor opened"
    assert wording.rule("a_rule_of_tomorrow") == "a rule of tomorrow"
    assert (wording.purpose("condor"), wording.purpose("layer_1")) == ("Condors", "Layer 1")
    assert (wording.instrument("SPX put"), wording.instrument("cash")) == ("SPX puts", "Cash")
