"""The section of the page that says where the money went: it adds up, and fits the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from steward.analytics.explained import of_run
from steward.analytics.gains import of_ledger
from steward.analytics.summary import summary
from steward.doors import report
from steward.doors.report import money
from steward.doors.report.tables import Cell, Row
from steward.terms.errors import LawBroken

from .test_report import data_of

IDS = ("money", "money-chart", "money-table", "money-course-chart", "money-instruments")


@pytest.fixture(scope="module")
def gains(made_up_run: Any) -> pl.DataFrame:
    return of_ledger(of_run(made_up_run), "article", ("article",))


@pytest.fixture(scope="module")
def own(made_up_run: Any) -> pl.DataFrame:
    return made_up_run.journal.filter(pl.col("ledger") == "article")


def dollars(cell: Cell) -> int:
    sign = -1 if cell.text.startswith("−") else 1
    return sign * int(cell.text.lstrip("+−").lstrip("$").replace(",", ""))


def total(rows: tuple[Row, ...], column: int) -> int:
    return dollars(rows[-1].cells[column])


def test_the_page_has_the_section_and_labels_it(made_up_run: Any, gains: pl.DataFrame) -> None:
    page = report.render(made_up_run)
    for one in IDS:
        assert page.count(f'id="{one}"') == 1
    heading = page[page.index('id="money-title"') :].split("</h2>")[0]
    assert 'class="badge"' in heading
    assert '<a href="#money">' in page
    data = data_of(page)["money"]
    assert data["amounts"][-1] == round(int(gains["cents"].sum()) / 100)
    assert report.render(made_up_run, gains=of_run(made_up_run)) == page


def test_tables_add_up_and_agree_with_the_rest_of_the_page(
    made_up_run: Any, gains: pl.DataFrame, own: pl.DataFrame
) -> None:
    """Cells are rounded to dollars, so a sum may be off by half a dollar a part."""
    found = money.money(gains, own, "Adaptive hedge")
    figures = summary(made_up_run)["article"]
    for table in (found.by_purpose, found.by_instrument):
        parts = len(table.head)
        assert {len(row.cells) for row in table.rows} == {parts}
        for row in table.rows:
            assert abs(sum(map(dollars, row.cells[:-1])) - dollars(row.cells[-1])) <= parts / 2
        for column in range(parts):
            found_sum = sum(dollars(row.cells[column]) for row in table.rows[:-1])
            assert abs(found_sum - total(table.rows, column)) <= len(table.rows) / 2
        assert total(table.rows, -1) == round(figures["gain_cents"] / 100)
    by_name = dict(zip(found.by_purpose.head, found.by_purpose.rows[-1].cells, strict=True))
    assert dollars(by_name["Condors"]) == round(figures["condor_gain_cents"] / 100)
    hedge = sum(dollars(by_name[f"Layer {n}"]) for n in (1, 2, 3))
    assert abs(hedge - figures["hedge_gain_cents"] / 100) <= 2
    fees = next(row for row in found.by_purpose.rows if row.name == "Fees")
    assert dollars(fees.cells[-1]) == round(figures["fees_cents"] / 100)
    interest = next(row for row in found.by_purpose.rows if row.name == "Interest")
    assert dollars(interest.cells[-1]) == round(figures["interest_cents"] / 100)
    assert all(row.help for row in found.by_purpose.rows[:-1])


def test_costs_by_rule_are_the_slippage_and_the_fees(
    gains: pl.DataFrame, own: pl.DataFrame
) -> None:
    rows = money.money(gains, own, "x").costs
    assert [row.name for row in rows][-1] == "In all"
    assert {row.name for row in rows} >= {"Condor opened", "Hedge bought to its target"}
    terms = dict(gains.group_by("term").agg(pl.col("cents").sum()).rows())
    whole = rows[-1].cells
    assert dollars(whole[2]) == round(terms["slippage"] / 100)
    assert dollars(whole[3]) == round(terms["fees"] / 100)
    contracts = int(whole[1].text.replace(",", ""))
    assert contracts == own.filter(pl.col("event") == "fill")["quantity"].abs().sum()
    a_contract = (terms["slippage"] + terms["fees"]) / contracts / 100
    assert whole[5].text == f"−${abs(a_contract):,.2f}"


def test_the_sentences_say_what_the_table_says(gains: pl.DataFrame, own: pl.DataFrame) -> None:
    said = " ".join(money.money(gains, own, "Adaptive hedge").said)
    cents = int(gains["cents"].sum())
    assert (
        f"Adaptive hedge {'gained' if cents > 0 else 'lost'} ${abs(round(cents / 100)):,} in all."
        in said
    )
    condors = gains.filter(pl.col("purpose") == "condor")
    by = dict(condors.group_by("term").agg(pl.col("cents").sum()).rows())
    largest = max(by, key=lambda term: abs(by[term]))
    assert f"Of the condors alone: {largest}" in said
    assert by["theta"] > 0 > by["gamma"]
    assert f"took {round(-100 * by['gamma'] / by['theta'])} cents (gamma)" in said


def test_bars_begin_where_the_one_before_ends(gains: pl.DataFrame, made_up_run: Any) -> None:
    days = made_up_run.equity["session"].unique().sort().to_list()
    found = money.chart(gains, days)
    names, amounts, begins = found["names"], found["amounts"], found["begins"]
    assert len(names) == len(amounts) == len(begins)
    assert names[-1] == "In all"
    assert begins[0] == begins[-1] == 0
    for place in range(1, len(names) - 1):
        assert abs(begins[place - 1] + amounts[place - 1] - begins[place]) <= 1
    assert abs(begins[-2] + amounts[-2] - amounts[-1]) <= 1


def test_the_course_of_the_condors_ends_at_their_sums(
    gains: pl.DataFrame, made_up_run: Any
) -> None:
    days = made_up_run.equity["session"].unique().sort().to_list()
    found = money.chart(gains, days)
    assert found["weeks"] == sorted(set(found["weeks"]))
    assert found["weeks"][-1] == len(days) - 1
    assert all(
        days[i].isocalendar()[:2] != days[i + 1].isocalendar()[:2] for i in found["weeks"][:-1]
    )
    condors = gains.filter(pl.col("purpose") == "condor")
    by = dict(condors.group_by("term").agg(pl.col("cents").sum()).rows())
    assert {line["key"] for line in found["course"]} == {*by, "total"}
    for line in found["course"]:
        cents = condors["cents"].sum() if line["key"] == "total" else by[line["key"]]
        assert line["dollars"][-1] == round(cents / 100)
        assert len(line["dollars"]) == len(found["weeks"])


def test_a_run_of_bills_alone_has_its_interest(made_up_run: Any) -> None:
    """The ledger of the rules never traded: no chart of condors, no costs."""
    bills = replace(
        made_up_run,
        journal=made_up_run.journal.filter(pl.col("ledger") == "cash"),
        equity=made_up_run.equity.filter(pl.col("ledger") == "cash"),
        marks=made_up_run.marks.clear(),
        manifest={**made_up_run.manifest, "main": "cash"},
    )
    page = report.render(bills)
    assert 'Bills only gained <span class="amount">$' in page
    assert 'id="money-course-chart"' not in page
    assert '<p id="money-costs">Nothing was traded in this window.</p>' in page


def test_a_page_is_not_made_of_a_run_whose_terms_do_not_add_up(made_up_run: Any) -> None:
    torn = replace(made_up_run, marks=made_up_run.marks.with_columns(pl.col("ask") + 200))
    with pytest.raises(LawBroken, match="attribution"):
        report.render(torn)
