from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from steward.analytics.summary import summary
from steward.analytics.trades import trades
from steward.doors import pages, report
from steward.doors.report import charts, flags, sentences, story, tables, words
from steward.doors.report.figures import HEADLINE
from steward.market.quotes import Flag
from steward.runs.losses import Losses

IDS = (
    "modelled-banner",
    "headline-table",
    "equity-chart",
    "equity-log",
    "drawdown-chart",
    "regime-chart",
    "regime-day",
    "regime-reading",
    "hedge-ratio-chart",
    "hedge-chart",
    "hedge-layers",
    "eve-table",
    "margin-chart",
    "calls-table",
    "trades-table",
    "monthly-table",
    "figures-table",
    "data-quality",
    "absent-table",
    "proxy-table",
    "price-table",
    "quarantine-table",
    "intents-table",
    "assumptions",
    "full-history",
    "disclaimer",
    "report-data",
)


class Elements(HTMLParser):
    """Ids, and every address that a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.ids.append(value)
            if name in ("src", "srcset", "data", "poster") or (tag == "link" and name == "href"):
                self.fetched.append(str(value))


@pytest.fixture(scope="module")
def page(made_up_run: Any) -> str:
    return report.render(made_up_run)


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="report-data">(.*?)</script>', page)
    assert found
    return dict(json.loads(found.group(1)))


def test_the_page_has_its_elements_once_and_fetches_nothing(page: str) -> None:
    elements = Elements()
    elements.feed(page)
    assert len(elements.ids) == len(set(elements.ids))
    assert set(IDS) <= set(elements.ids)
    assert elements.fetched == []
    assert "default-src 'none'" in page


def test_the_same_result_gives_the_same_bytes(made_up_run: Any, tmp_path: Path) -> None:
    report.write(made_up_run, tmp_path / "a.html")
    report.write(made_up_run, tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "b.html"]


def test_rows_in_another_order_give_the_same_page(made_up_run: Any, page: str) -> None:
    shuffled = replace(
        made_up_run,
        journal=made_up_run.journal.sample(fraction=1.0, shuffle=True, seed=4),
        decisions=made_up_run.decisions.sample(fraction=1.0, shuffle=True, seed=4),
    )
    assert report.render(shuffled) == page


def test_the_page_is_small(page: str) -> None:
    """Under 6 MB for five years of four ledgers."""
    assert len(page.encode()) < 6_000_000


def flagged(run: Any, *flags: dict[str, Any], beyond: int) -> Any:
    """The same run with a count of flags in its manifest."""
    counted = {"sessions": 1_257, "beyond": beyond, "flags": list(flags)}
    check = {"coverage": [], "chains": [], "model_vix": None, "model_flags": counted}
    return replace(run, manifest={**run.manifest, "data": {**run.manifest["data"], "check": check}})


WIDE = {
    "of": "SPX options",
    "beyond": True,
    "text": "VIX outside of 9 to 38",
    "sessions": 2,
    "first": "2018-02-05",
    "last": "2018-12-24",
    "days": ["2018-02-05", "2018-12-24"],
}
FITTED = {
    "of": "VIX options",
    "beyond": False,
    "text": "VVIX is not published: fitted",
    "sessions": 1_237,
    "first": "2014-02-03",
    "last": "2018-12-31",
    "days": [],
}


def test_states_beyond_the_fit_are_counted_beside_the_modelled_prices(made_up_run: Any) -> None:
    run = flagged(made_up_run, WIDE, FITTED, beyond=2)
    page = " ".join(report.render(run).split())
    assert "On 2 of 1,257 sessions the state of the market was beyond what the model was" in page
    table = page[page.index('id="flags-table"') :].split("</table>")[0]
    text = re.sub(r"<[^>]*>", "|", table)
    cells = [cell.strip() for cell in text.split("|") if cell.strip()]
    assert cells[-10:] == [
        "SPX options", "VIX outside of 9 to 38", "state beyond the fit", "2",
        "5 Feb 2018, 24 Dec 2018",
        "VIX options", "VVIX is not published: fitted", "not known", "1,237",
        "3 Feb 2014 to 31 Dec 2018",
    ]  # fmt: skip


def test_a_run_inside_of_the_fit_says_so(made_up_run: Any, page: str) -> None:
    known = report.render(flagged(made_up_run, FITTED, beyond=0))
    assert "On no session was the state of the market beyond" in known
    nothing = report.render(flagged(made_up_run, beyond=0))
    assert "Nothing is to be said of the modelled prices of this run" in nothing
    assert 'id="flags-table"' not in page  # a run of an older version was not counted


def test_a_run_without_a_modelled_price_has_no_flags(made_up_run: Any) -> None:
    real = replace(
        made_up_run,
        manifest={**made_up_run.manifest, "quality": ["quoted"]},
        journal=made_up_run.journal.with_columns(quality=pl.lit("quoted")),
        equity=made_up_run.equity.with_columns(modelled_marks=pl.lit(0, dtype=pl.Int64)),
    )
    assert 'id="model-flags"' not in report.render(flagged(real, WIDE, beyond=1))


def test_the_flags_of_a_day_are_short_the_state_first() -> None:
    known = (
        Flag(of="SPX options", beyond=True, text="a jump of VIX"),
        Flag(of="VIX options", beyond=False, text="VVIX is fitted"),
        Flag(of="SPX options", beyond=True, text="VIX outside of 9 to 38"),
        Flag(of="VIX futures", beyond=False, text="modelled from VIX"),
    )
    assert flags.of_day(known) == [
        "The state of this day is beyond what the model was fitted on: SPX options (a jump of VIX; "
        "VIX outside of 9 to 38).",
        "Not known to the model: VIX options (VVIX is fitted), VIX futures (modelled from VIX).",
    ]
    assert flags.of_day(()) == []


def test_a_name_from_a_file_cannot_become_markup(page: str) -> None:
    """The made-up manifest holds `</script><b>` in the reason of an absent series."""
    assert "&lt;/script&gt;&lt;b&gt;in this history" in page
    assert "</script><b>" not in page


@pytest.mark.parametrize("text", ["</script>", "<!--", "]]>", "\u2028", "&amp;", 'a"b'])
def test_json_in_a_script_survives_and_cannot_end_it(text: str) -> None:
    found = pages.script_json({"x": text})
    assert not set("<>&\u2028") & set(found)
    assert json.loads(found) == {"x": text}


def test_unknown_numbers_never_reach_the_page(page: str) -> None:
    text = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    for word in ("NaN", "Infinity", ">nan", ">None", "inf %"):
        assert word not in text


def test_modelled_is_said_in_the_banner_and_at_every_table_fed_by_it(page: str) -> None:
    assert "Modelled quotes: indicative, not a market." in page
    for title in ("headline", "equity", "hedge", "eve", "trades", "monthly", "figures"):
        heading = re.search(rf'<h2 id="{title}-title">(.*?)</h2>', page)
        assert heading
        assert "modelled" in heading.group(1)


def test_a_quoted_run_is_not_called_modelled(made_up_run: Any) -> None:
    """Only when no price at all was made: quality, fills and marks."""
    quoted = replace(
        made_up_run,
        manifest={**made_up_run.manifest, "quality": ["quoted"]},
        journal=made_up_run.journal.with_columns(quality=pl.lit("quoted")),
    )
    text = report.render(quoted)
    assert 'id="modelled-banner"' not in text
    assert 'class="badge"' not in text


def test_quoted_condors_with_a_modelled_hedge_are_called_just_that(made_up_run: Any) -> None:
    condor = pl.col("purpose") == "condor"
    mixed = replace(
        made_up_run,
        manifest={
            **made_up_run.manifest,
            "quality": ["modelled", "quoted"],
            "data": {
                **made_up_run.manifest["data"],
                "kind": "quoted",
                "quotes": "SPX as quoted in chain.csv",
            },
        },
        journal=made_up_run.journal.with_columns(
            quality=pl.when(condor & pl.col("quality").is_not_null())
            .then(pl.lit("quoted"))
            .otherwise(pl.col("quality"))
        ),
    )
    text = report.render(mixed)
    assert "Condors at real quotes; hedge prices modelled." in text
    assert '<span class="badge">condors at real quotes; hedge prices modelled</span>' in text
    assert "Quotes: SPX as quoted in chain.csv." in text
    assert "Modelled quotes: indicative" not in text
    assert '<span class="badge">modelled</span>' not in text


OF_CHAIN = "Every condor was filled at recorded quotes (SPX as quoted in chain.csv). "
INDICATIVE = " All that rests on computed prices is indicative."


@pytest.mark.parametrize(
    ("kind", "options", "futures", "title", "text"),
    [
        (
            "modelled",
            "modelled",
            "modelled",
            "Modelled quotes: indicative, not a market.",
            "Prices of options and futures were computed from index closes where no quotes were "
            "at hand.",
        ),
        (
            "modelled",
            "modelled",
            "settlement",
            "Modelled quotes: indicative, not a market.",
            "Prices of options were computed from index closes. VIX futures were filled at the "
            "exchange's settlement prices.",
        ),
        (
            "quoted",
            "modelled",
            "modelled",
            "Condors at real quotes; hedge prices modelled.",
            f"{OF_CHAIN}VIX options had none: their prices were computed. VIX futures had no "
            f"settlement prices: theirs were computed.{INDICATIVE}",
        ),
        (
            "quoted",
            "modelled",
            "settlement",
            "Condors at real quotes; some hedge prices modelled.",
            f"{OF_CHAIN}VIX options had none: their prices were computed. VIX futures were filled "
            f"at the exchange's settlement prices.{INDICATIVE}",
        ),
        (
            "quoted",
            "quoted modelled",
            "settlement modelled",
            "Condors at real quotes; some hedge prices modelled.",
            f"{OF_CHAIN}VIX options were filled at recorded quotes on sessions that have some, "
            "else at computed prices. VIX futures were filled at the exchange's settlement prices "
            f"where these are known, else at computed ones.{INDICATIVE}",
        ),
        (
            "quoted",
            "quoted",
            "modelled",
            "Condors at real quotes; some hedge prices modelled.",
            f"{OF_CHAIN}VIX options were filled at recorded quotes. VIX futures had no settlement "
            f"prices: theirs were computed.{INDICATIVE}",
        ),
        (
            "quoted",
            "quoted",
            "settlement",
            "Filled at real quotes; some marks modelled.",
            "Every fill is at recorded quotes (SPX as quoted in chain.csv) or at the exchange's "
            "settlement prices. Holdings without a quote at a close were valued by model.",
        ),
        (
            "quoted",
            "modelled",
            "",
            "Condors at real quotes; hedge prices modelled.",
            f"{OF_CHAIN}VIX options had none: their prices were computed.{INDICATIVE}",
        ),
    ],
)
def test_the_banner_says_of_each_what_its_prices_were(
    made_up_run: Any, kind: str, options: str, futures: str, title: str, text: str
) -> None:
    condor = made_up_run.journal.filter(
        (pl.col("event") == "fill") & (pl.col("purpose") == "condor")
    ).head(1)

    def fills(purpose: str, contract: str, qualities: str) -> pl.DataFrame:
        return pl.concat(
            [condor.clear()]
            + [
                condor.with_columns(
                    purpose=pl.lit(purpose), contract=pl.lit(contract), quality=pl.lit(quality)
                )
                for quality in qualities.split()
            ]
        )

    journal = pl.concat(
        [
            fills("condor", "SPXW 2018-02-28 2700 P", kind),
            fills("layer_1", "VIX 2018-03-21 20 C", options),
            fills("layer_3", "VX 2018-03-21", futures),
        ]
    )
    quotes = "SPX as quoted in chain.csv; the rest modelled"
    manifest = {"quality": ["modelled"], "data": {"kind": kind, "quotes": quotes}}
    found = story.prices(manifest, journal, made_up_run.equity)
    assert found is not None
    assert found.title == title
    assert found.text == text


def test_a_run_without_a_condor_says_why(made_up_run: Any) -> None:
    """Two refusals that differ in a number alone count as one, with the last one's number."""
    days = made_up_run.equity["session"].unique().sort().to_list()
    said = pl.DataFrame(
        {
            "ledger": ["unhedged"] * 2,
            "session": days[30:32],
            "kind": ["trace"] * 2,
            "name": ["condor_entry"] * 2,
            "result": ["no expiry"] * 2,
            "sentence": ["No condor: 12 days.", "No condor: 13 days."],
            "detail": [""] * 2,
        },
        schema=made_up_run.decisions.schema,
    )
    assert story.no_condor({"condors_opened": 3}, said) == ""
    assert story.no_condor({"condors_opened": 0}, said) == (
        "No condor was opened. On 2 sessions, last: No condor: 13 days."
    )
    assert "no session of the window asked" in story.no_condor({"condors_opened": 0}, said.clear())


def test_the_embedded_numbers_are_those_of_the_result(made_up_run: Any, page: str) -> None:
    data = data_of(page)
    final = made_up_run.equity.filter(pl.col("ledger") == "article")["equity"][-1]
    article = next(x for x in data["ledgers"] if x["name"] == "article")
    assert article["equity"][-1] == round(final / 100)
    deepest = summary(made_up_run)["article"]["max_drawdown"]
    assert min(article["drawdown"]) == pytest.approx(100 * deepest, abs=0.005)
    days = made_up_run.equity["session"].unique().len()
    assert len(data["days"]["gaps"]) == days - 1
    for series in ("spx", "vix", "ratio", "mix", "warming"):
        assert len(data["regime"][series]) == days
    assert words.money(final) in page


def test_every_trade_is_on_the_page_and_each_once(made_up_run: Any, page: str) -> None:
    listed = data_of(page)["trades"]
    all_trades = trades(made_up_run.journal)
    assert sum(len(row[0]) for row in listed["rows"]) == all_trades.height
    columns = listed["columns"]
    total = sum(
        len(row[0]) * row[columns.index("result")]
        for row in listed["rows"]
        if row[columns.index("result")] is not None
    )
    assert total == all_trades["result"].sum()
    condors = [row for row in listed["rows"] if row[1] == "condor"]
    assert all(len(row[0]) == 3 for row in condors)


def test_reasons_belong_to_their_session(made_up_run: Any, page: str) -> None:
    regime = data_of(page)["regime"]
    days = made_up_run.equity["session"].unique().sort().to_list()
    for rule in ("layer_1", "layer_2", "layer_3", "mix"):
        wanted = made_up_run.decisions.filter(
            (pl.col("ledger") == "article") & (pl.col("name") == rule)
        )
        said = {row: text for row, text in enumerate(_said(regime["reasons"][rule])) if text}
        assert said == {
            days.index(session): sentence
            for session, sentence in wanted.select("session", "sentence").rows()
        }
    assert regime["reasons"]["layer_2"]["of"][0] == -1


def _said(packed: dict[str, Any]) -> list[str | None]:
    return [sentences.unpack(packed, row) for row in range(len(packed["of"]))]


def test_what_a_cap_cut_is_told_on_its_session_alone(made_up_run: Any) -> None:
    days = made_up_run.equity["session"].unique().sort().to_list()
    notes = [
        (days[40], "layer_3: the cap on premium a year: wanted 19, bought 16"),
        (days[40], "layer_2: the cap on premium a year: wanted 9, bought 0"),
        (days[60], "layer_3: the cap on premium a year: wanted 20, bought 17"),
    ]
    rows = pl.DataFrame(
        [
            {
                "ledger": "article",
                "session": session,
                "kind": "trace",
                "name": "size",
                "result": "note",
                "sentence": text,
                "detail": "",
            }
            for session, text in notes
        ],
        schema=made_up_run.decisions.schema,
    )
    found = charts.reasons(pl.concat([made_up_run.decisions, rows]), "article", days)["size"]
    said = _said(found)
    assert {row for row, text in enumerate(said) if text} == {40, 60}
    assert said[60] == notes[2][1]
    assert said[40] == f"{notes[1][1]}; {notes[0][1]}"


def test_a_short_run_is_a_page_with_reasons_instead_of_numbers(short_run: Any) -> None:
    text = report.render(short_run)
    assert "needs half a year" in text
    assert "needs 252 returns" in text
    assert "None of the ten named crises begins inside this window." in text
    assert "Autumn 2008" in text


def test_losses_in_a_fall_are_shown_when_given(made_up_run: Any, page: str) -> None:
    table = pl.DataFrame(
        {
            "fall": [-0.05, -0.2],
            "unhedged_cents": [-1_000_000, -6_000_000],
            "hedged_cents": [-950_000, -5_000_000],
            "nav_cents": [25_000_000, 25_000_000],
        }
    )
    losses = Losses(session=date(2018, 2, 5), share=0.2, table=table)
    text = report.render(made_up_run, losses=losses)
    assert 'id="loss-table"' in text
    assert "SPX falls by" in text
    assert text.index(words.percent(-0.04)) < text.index(words.percent(-0.24))
    assert words.day(losses.session) in text
    assert "No condor was open" not in text
    assert 'id="loss-table"' not in page
    assert words.money(-6_000_000) in text
    assert words.percent(-0.24) in text


def test_the_size_of_the_losses_is_said_or_why_there_are_none(made_up_run: Any) -> None:
    """20 % of 250,000 dollars is 50,000; the book of that day had 80,000 at risk: times 0.625."""
    table = pl.DataFrame(
        {
            "fall": [-0.05],
            "unhedged_cents": [-1_000_000],
            "hedged_cents": [-1_000_000],
            "nav_cents": [25_000_000],
        }
    )
    open_on = made_up_run.equity.filter(pl.col("condor_max_loss") > 0)["session"].max()
    said = " ".join(
        story.losses(Losses(session=open_on, share=0.2, table=table), made_up_run.equity)
    )
    assert "an account of $250,000" in said
    assert "20\u00a0% of it, $50,000, at risk" in said
    assert "$80,000 at risk, times 0.62" in said
    assert "the two columns are alike" in said
    bare = made_up_run.equity.with_columns(condor_max_loss=pl.lit(0, dtype=pl.Int64))
    assert story.losses(None, bare) == [
        "No condor was open at any close of this window: there is no book to price."
    ]
    assert story.losses(None, made_up_run.equity) == []


def test_an_amount_in_a_sentence_does_not_break_and_copies_as_plain_text() -> None:
    found = str(words.unbroken("It cost −$1,235 <in all>."))
    assert found == 'It cost <span class="amount">−$1,235</span> &lt;in all&gt;.'
    days = str(words.unbroken("CNDR, 2006-03-15 to 2026-06-30"))
    assert days.count('<span class="amount">20') == 2
    assert "\u2060" not in found


@pytest.mark.parametrize(("value", "day"), [(-0.0311, "28 Feb 2020"), (-0.0001, ""), (0.0, "")])
def test_a_worst_week_that_reads_as_nothing_has_no_date(value: float, day: str) -> None:
    ledger = {"worst_week_return": value, "worst_week_on": "2020-02-28", "notes": {}, "reasons": {}}
    (figure,) = [one for one in HEADLINE if one.key == "worst_week_return"]
    (row,) = tables.figure_rows({"cash": ledger}, [figure])
    assert row.cells[0].small == day


def test_endings_are_one_row_a_reason_under_their_state() -> None:
    rows = [
        ("cash", "filled", "", 3),
        ("cash", "refused", "price", 2),
        ("mine", "refused", "price", 5),
        ("mine", "refused", "a cap", 9),
        ("mine", "settled by proxy", "", 4),
        ("mine", "settled by proxy", "an order to sell", 1),
    ]
    frame = pl.DataFrame(rows, schema=["ledger", "state", "reason", "count"], orient="row")
    found = tables.ending_rows(frame, ("cash", "mine"))
    assert [
        (ending.state, [(row.name, *(cell.text for cell in row.cells)) for row in ending.rows])
        for ending in found
    ] == [
        ("filled", [("as intended", "3", "0")]),
        ("refused", [("a cap", "0", "9"), ("price", "2", "5")]),
        ("settled by proxy", [("as intended", "0", "4"), ("an order to sell", "0", "1")]),
    ]


def test_each_state_stands_once_in_the_table_of_endings(page: str) -> None:
    table = page.partition('<table id="intents-table">')[2].partition("</table>")[0]
    states = re.findall(r'<tr class="group"><th[^>]*>([^<]+)</th>', table)
    assert states == sorted(set(states))
    assert {"filled", "refused"} <= set(states)
    reasons = re.findall(r"<small>([^<]+)</small>", table)
    assert reasons
    assert not any(reason.startswith(tuple(states)) for reason in reasons)


def test_wealth_in_the_chart_is_rounded_as_everywhere() -> None:
    """The chart, the table and the sentence say the same of one amount."""
    path = SimpleNamespace(
        ledger="mine",
        equity=np.array([250.0, 350.0, -250.0, 149.0]),
        returns=np.array([np.nan, 0.4, -0.1, 0.1]),
    )
    (found,) = charts.wealth({"mine": path})  # type: ignore[dict-item]
    assert found["equity"] == [3, 4, -3, 1]


def test_full_cover_is_never_claimed(page: str) -> None:
    assert "fully hedged" not in page.lower()
    assert "stress cover" in page


def test_a_foreign_rule_file_is_the_main_ledger() -> None:
    assert report.main_ledger(("cash", "unhedged", "static", "mine")) == "mine"
    assert report.main_ledger(("cash", "unhedged")) == "unhedged"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (words.money(25_000_000), "$250,000"),
        (words.money(-123_456), "−$1,235"),
        (words.money(1_200, sign=True), "+$12"),
        (words.money(-20), "$0"),
        (words.money(250), "$3"),  # half a dollar goes away from zero
        (words.money(-250), "−$3"),
        (words.money(350), "$4"),
        (words.money(-49, sign=True), "$0"),
        (words.money(None), "–"),
        (words.percent(0.0523), "5.2\u00a0%"),
        (words.percent(-0.0001, 1, sign=True), "0.0\u00a0%"),
        (words.percent(0.1, 0, sign=True), "+10\u00a0%"),
        (words.percent(None), "–"),
        (words.number(-0.001, 2), "0.00"),
        (words.number(None), "–"),
        (words.short_day("2015-08-24"), "24 Aug 2015"),
        (words.listed(["a", "b", "c"]), "a, b and c"),
    ],
)
def test_how_numbers_read(found: str, expected: str) -> None:
    assert found == expected


def test_the_heat_of_a_month_grows_with_its_size() -> None:
    months = pl.DataFrame(
        {
            "ledger": ["x"] * 5,
            "year": [2018] * 5,
            "month": [1, 2, 3, 4, 6],
            "return": [0.0, -0.0025, 0.03, -0.09, 0.012],
        }
    )
    (year,) = tables.monthly_years(months, "x")
    assert [m.heat if m else None for m in year.months[:6]] == [0, -1, 3, -4, None, 2]
    assert year.total.text == "−5.4"


def test_the_lead_says_what_happened(made_up_run: Any) -> None:
    figures = summary(made_up_run)
    said = " ".join(story.lead(figures, "article"))
    assert words.money(figures["article"]["final_wealth_cents"]) in said
    assert "The hedge cost" in said
    assert words.percent(figures["unhedged"]["max_drawdown"]) in said


# --- margin --------------------------------------------------------------------------------------


def test_a_run_without_a_call_says_so(page: str) -> None:
    assert "No ledger of this run had a margin call." in page
    assert 'id="insolvent-banner"' not in page


def test_calls_are_a_table_and_marks_on_the_chart(called_run: Any) -> None:
    page = report.render(called_run)
    table = page.partition('id="calls-table"')[2].partition("</table>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", table.partition("<tbody>")[2], re.DOTALL)
    texts = [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]
    assert len(texts) == 3
    amounts = "$90,000.00 $80,000.00 $10,000.00"
    assert f"Constant hedge {amounts} insolvent 1 close nothing $0.00 $0.00" in texts[0]
    assert "2 closes condor-300; condor-302; 1 order not filled $825.00 $18.40" in texts[1]
    assert f"Adaptive hedge {amounts} never 1 close nothing $0.00 $0.00" in texts[2]
    data = json.loads(page.partition('id="report-data">')[2].partition("</script>")[0])
    by_name = {one["name"]: one for one in data["margin"]}
    assert by_name["article"]["calls"] == [300, 700]
    assert by_name["static"]["calls"] == [1200]
    assert by_name["unhedged"]["calls"] == []
    assert by_name["article"]["used"][300] == 300.0
    assert len(by_name["cash"]["used"]) == len(data["days"]["gaps"]) + 1
    assert "Margin: cboe, the exchange&#39;s minimum of a margin account (Reg T)." in page


def test_an_insolvent_ledger_is_a_banner(called_run: Any) -> None:
    page = report.render(called_run)
    banner = page.partition('id="insolvent-banner"')[2].partition("</p>")[0]
    day = words.day(called_run.equity["session"].unique().sort()[1201])
    assert f"Insolvent: Constant hedge on {day}." in banner
    assert "took nothing any more" in banner
    lead = page.partition('class="lead">')[2].partition("</p>")[0]
    assert (
        "Positions were closed by margin calls: Constant hedge 1 time and Adaptive hedge 2" in lead
    )


def test_the_figures_of_margin(called_run: Any) -> None:
    found = summary(called_run)
    assert [found[name]["margin_calls"] for name in found] == [0, 0, 1, 2]
    assert found["article"]["margin_calls_cost_cents"] == 2 * (41_250 + 920)
    assert found["article"]["margin_used_at_most"] == pytest.approx(3.0)
    assert found["static"]["insolvent_on"]
