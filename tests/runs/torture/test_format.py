"""The places of the format that few scenarios use: shares, splits, sizes, messages, calls."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from steward.runs.torture import reader
from steward.runs.torture.compare import differences
from steward.runs.torture.records import Scenario
from steward.runs.torture.steward_engine import StewardEngine
from steward.terms.errors import StewardError

REASONING = (
    "Deposited 500.00 and 20.00 taken out again, so 480.00 and cash of 10,480.00. What is traded: "
    "40.00 and 30.00 for shares, 2.50 for a part of one; a call of 90.00, met by a sale for 70.00; "
    "fees of 1.00. In the end 10,481.50 dollars and an equity of 10,600.00. "
) + "These numbers only fill the file: nobody settles, and no engine but a made-up one agrees. " * 2

TOML = f"""
format = 1
title = "Every place of the format"
group = "shares"
engines_get_wrong = "Nothing: this one is a test of the format alone."
sessions = [2026-03-19, 2026-03-20]
start_cash = 1_000_000
needs = ["partial fills"]
reasoning = "{REASONING}"

[[rules]]
says = "This scenario tests the format and no rule of a market."
source = "torture/README.md"

[fees]
profile = "ibkr"

[margin]
profile = "portfolio"
unequal_widths = "sum"
future_cents = {{ VX = 1000000 }}
liquidation = "the newest structure first"

[fills]
size = "displayed"
volume_percent = "2.5"
stale_minutes = 30
widest_percent = "50"

[interest]
debit_spread_percent = "1.5"
"""

FILES = {
    "scenario.toml": TOML,
    "contracts.csv": """
id,kind,root,underlying,expiry,settlement,strike,right,multiplier
UV,share,UVXY,UVXY,,,,,1
""",
    "quotes.csv": """
session,time,contract,bid,ask,bid_size,ask_size,volume
2026-03-19,16:15,UV,,10,0,,
""",
    "levels.csv": """
session,symbol,contract,value,source
2026-03-19,settle,UV,9.5,invented
2026-03-19,bill rate,,0,invented
""",
    "splits.csv": """
session,contract,new,old,price
2026-03-20,UV,1,5,12.5
""",
    "actions.csv": """
session,order,action,structure,contract,quantity,units,budget,fill,limit,worst,retries,execution,cents
2026-03-19,D1,deposit,,,,,,,,,,,50000
2026-03-19,W1,withdraw,,,,,,,,,,,2000
2026-03-19,O1,open,A,UV,1,,5000,0.25,10,11,2,legs,
2026-03-19,O2,open,B,UV,1,3,,mid,,,0,package,
2026-03-20,O1,cancel,,,,,,,,,,,
2026-03-20,O2,duplicate,,,,,,,,,,,
""",
    "expected.csv": """
session,event,order,structure,contract,quantity,price,cents,state,source,low,high
2026-03-19,flow,,,,,,48000,,,,
2026-03-19,margin call,,,,,,-9000,,,,
2026-03-19,cash,,,,,,1048000,,,,
2026-03-20,split,,B,UV,1,,0,,,,
2026-03-20,cash in lieu,,B,UV,,12.5,250,,,,
2026-03-20,liquidation,,B,,,,7000,,,,
2026-03-20,fill,O2,B,UV,3,10,-7000,,,,
2026-03-20,fee,O2,B,,,,-100,,,,
2026-03-20,end,O1,A,,4,,,cancelled|lapsed,,,
2026-03-20,cash,,,,,,1048150,,,,
2026-03-20,equity,,,,,,1060000,,,,
""",
}


def written(folder: Path, **instead: str) -> Path:
    """The folder with these files; `instead` by the name before the dot."""
    folder.mkdir()
    for name, text in FILES.items():
        given = instead.get(name.partition(".")[0], text)
        (folder / name).write_text(given.lstrip(), encoding="utf-8")
    return folder


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    return reader.read(written(tmp_path / "900-every-place"))


def test_every_place_is_read(scenario: Scenario) -> None:
    deposit, withdrawal, sized, counted, cancel, duplicate = scenario.actions
    assert (deposit.cents, withdrawal.cents) == (50_000, 2_000)
    assert (sized.units, sized.budget, sized.fill) == (None, 5_000, Fraction(1, 4))
    assert (sized.limit, sized.worst, sized.retries) == (100_000, 110_000, 2)
    assert (counted.units, counted.worst, counted.retries) == (3, None, 0)
    assert (cancel.action, cancel.legs, duplicate.order) == ("cancel", (), "O2")
    (split,) = scenario.splits
    assert (split.new, split.old, split.price) == (1, 5, 125_000)
    assert scenario.contracts["UV"].expiry is None
    assert scenario.fills.volume_percent == Fraction(1, 40)
    assert scenario.fills.stale_minutes == 30
    assert scenario.fills.widest_percent == Fraction(1, 2)
    assert scenario.debit_spread == Fraction(3, 200)
    assert scenario.margin.future_cents == {"VX": 1_000_000}
    assert scenario.fees.profile == "ibkr"


def test_what_it_needs_is_seen(scenario: Scenario) -> None:
    assert scenario.needs == (
        *("shares", "splits", "retry", "cancel", "duplicate messages", "deposits", "interest"),
        *("sizing", "partial fills", "size limits", "stale quotes", "spread limits"),
        *("fee profiles", "margin profiles", "margin calls"),
    )


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("contracts", ",,,,,1", ",2026-03-20,,,,1", "line 2, column expiry: '2026-03-20' must be"),
        ("contracts", ",,,,,1", ",,,50,,1", "line 2, column strike: '50' must be empty for a"),
        ("splits", "UV,1,5", "UV,0,5", "line 2, column new: '0' is below 1"),
        ("splits", "12.5", "-1", "line 2, column price: '-1' is below 0"),
        ("actions", "50000", "", "line 2, column cents: '' is empty"),
        ("actions", "50000", "0", "line 2, column cents: '0' is below 1"),
        ("actions", "O2,duplicate", "O9,duplicate", "line 7, column order: 'O9' is no order of"),
        ("actions", "O1,cancel,,,,,,,,,,,", "O1,cancel,,,,,,,,,,,5", "line 6, column cents: '5'"),
        ("actions", "2026-03-19,D1", "2026-03-20,D1", "the sessions must rise: sort the lines"),
        ("actions", "0.25,10,11", "0.25,,11", "line 4, column limit: '' is empty"),
        ("expected", "fee,O2,B", "fee,,B", "2026-03-20 fee B: the fee is of no order, and nothing"),
        ("expected", "fee,O2,B", "fee,O2,", "line 9, column structure: '' is empty"),
        ("scenario", '"50"', '"half"', "key fills.widest_percent: 'half' is no percentage"),
        ("expected", "cancelled|lapsed", "cancelled|gone", "'cancelled|gone' is none of"),
        ("expected", "split,,B,UV,1", "split,,B,UV,", "line 5, column quantity: '' is empty"),
        ("expected", "liquidation,,B", "liquidation,,", "line 7, column structure: '' is empty"),
        ("expected", ",-100,", ",0,", "line 9, column cents: '0' is nothing: a fee of 0"),
        ("expected", "fee,O2,B,,", "fee,O2,B,VX,", "column contract: 'VX' is none of"),
        ("scenario", '"2.5"', '"a"', "key fills.volume_percent: 'a' is no percentage"),
    ],
)
def test_a_wrong_cell_there_is_named(
    tmp_path: Path, file: str, old: str, new: str, said: str
) -> None:
    text = next(text for name, text in FILES.items() if name.startswith(f"{file}."))
    assert old in text
    with pytest.raises(StewardError) as caught:
        reader.read(written(tmp_path / "900-every-place", **{file: text.replace(old, new, 1)}))
    assert said in str(caught.value)


def test_money_of_the_owner_on_steward(tmp_path: Path) -> None:
    """500.00 in, 20.00 out: one event of 480.00, and the cash of it."""
    toml = TOML.replace('needs = ["partial fills"]', "").partition("[fees]")[0]
    head = FILES["expected.csv"].splitlines()[1]
    folder = written(
        tmp_path / "901-flows",
        scenario=toml.replace("10,600.00", "10,480.00"),
        actions="\n".join(FILES["actions.csv"].splitlines()[:4]),
        contracts=FILES["contracts.csv"].replace("UV,share,UVXY,UVXY,,,,,1\n", ""),
        quotes=FILES["quotes.csv"].splitlines()[1] + "\n",
        levels=FILES["levels.csv"].splitlines()[1] + "\n",
        expected=f"{head}\n2026-03-19,flow,,,,,,48000,,,,\n"
        "2026-03-20,cash,,,,,,1048000,,,,\n2026-03-20,equity,,,,,,1048000,,,,\n",
    )
    (folder / "splits.csv").unlink()
    scenario = reader.read(folder)
    assert scenario.needs == ("deposits",)
    assert differences(scenario, StewardEngine().run(scenario)) == ()
