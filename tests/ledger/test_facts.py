"""Facts of the book on paths worked by hand: drawdown, months, premiums, counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.ledger.accounts import Day
from steward.ledger.condors import ClosedCondor
from steward.ledger.facts import YEAR_SESSIONS, FactsKeeper, held
from steward.terms import calendar
from steward.terms.contracts import Contract, vx
from steward.terms.trades import BookFacts, Leg, Lot, Purpose

from .desk import (
    FRIDAY,
    MONDAY,
    THURSDAY,
    WEDNESDAY,
    Market,
    condor_legs,
    condor_market,
    order,
    send,
    started,
    step,
    vix_call,
)

OPENING = [(8.00, 8.40), (12.00, 12.60), (4.10, 4.50), (1.20, 1.45)]
DAYS = calendar.sessions(date(2018, 1, 2), date(2019, 12, 31))


@dataclass
class Stub:
    """An account that is what the test says."""

    session: date = DAYS[0]
    equity: int = 0
    cash: int = 0
    lots: tuple[Lot, ...] = ()
    holdings_version: int = 0
    day: Day = field(default_factory=Day)


@dataclass
class Path:
    """A keeper and its stub, moved one session at a time."""

    account: Stub = field(default_factory=Stub)

    def __post_init__(self) -> None:
        self.keeper = FactsKeeper(self.account)  # type: ignore[arg-type]

    def at(self, session: date, equity: int, **since: date) -> BookFacts:
        """`flow`, premiums and closed condors are those of `self.account.day`, then forgotten."""
        self.account.session, self.account.equity = session, equity
        found = self.keeper.facts(
            margin_requirement=7, step_since=since.get("step"), layer_3_since=since.get("layer_3")
        )
        self.account.day = Day()
        return found

    def flow(self, amount: int) -> Path:
        self.account.day = Day(flow=amount)
        return self

    def closed(self, session: date, count: int = 1) -> None:
        one = ClosedCondor(
            structure_id="A", session=session, result=0, fees=0, max_loss=0, forced=False
        )
        self.account.day.closed.extend([one] * count)


def test_the_first_session_is_the_start() -> None:
    facts = Path().flow(1_000_000).at(DAYS[0], 1_000_000)
    assert (facts.nav, facts.peak_nav, facts.drawdown) == (1_000_000, 1_000_000, 0.0)
    assert facts.worst_month is None  # unknown, not 0
    assert facts.sessions_since_start == 0
    assert (facts.closed_condors, facts.hedge_premium_year, facts.hedge_gain_realised) == (0, 0, 0)
    assert facts.margin_requirement == 7


def test_a_drawdown_leaves_the_flows_out() -> None:
    path = Path()
    path.flow(1_000_000).at(DAYS[0], 1_000_000)
    assert path.at(DAYS[1], 1_100_000).drawdown == 0.0
    # 10 % lost: 990,000. Then 500,000 come in at the close of a day without a move.
    assert path.at(DAYS[2], 990_000).drawdown == pytest.approx(-0.10)
    facts = path.flow(500_000).at(DAYS[3], 1_490_000)
    assert facts.drawdown == pytest.approx(-0.10)
    # The peak that this account would have had with today's money: 1,490,000 / 0.9.
    assert facts.peak_nav == 1_655_556
    # Half goes out while 10 % more is lost: 1,490,000 -> 1,341,000 -> 671,000.
    facts = path.flow(-670_000).at(DAYS[4], 671_000)
    assert facts.drawdown == pytest.approx(0.9 * 0.9 - 1.0)
    # Up again by a quarter: 0.81 * 1.25 = 1.0125 is a new peak.
    facts = path.at(DAYS[5], 838_750)
    assert (facts.drawdown, facts.peak_nav) == (0.0, 838_750)


def test_a_lost_account_stays_lost() -> None:
    path = Path()
    path.flow(1_000).at(DAYS[0], 1_000)
    facts = path.at(DAYS[1], -50)
    assert (facts.drawdown, facts.peak_nav) == (-1.0, -50)
    # New money does not bring the old back.
    facts = path.flow(1_000).at(DAYS[2], 950)
    assert (facts.drawdown, facts.nav, facts.peak_nav) == (-1.0, 950, 950)
    # The months after it have no return: an index of nothing is no base.
    months = [path.at(date(2018, month, 20), 950).worst_month for month in (2, 3, 4)]
    assert months == [None, None, None]


def test_an_account_that_its_owner_empties_has_lost_nothing() -> None:
    path = Path()
    path.flow(1_000).at(DAYS[0], 1_000)
    assert path.flow(-1_100).at(DAYS[1], 0).drawdown == 0.0  # 10 % gained, then all taken out
    assert path.at(DAYS[2], 0).drawdown == 0.0
    assert path.flow(500).at(DAYS[3], 500).drawdown == 0.0
    assert path.at(DAYS[4], 400).drawdown == pytest.approx(-0.2)
    # What was lost before stays lost while there is nothing.
    assert path.flow(-400).at(DAYS[5], 0).drawdown == pytest.approx(-0.2)
    assert path.at(DAYS[6], 0).drawdown == pytest.approx(-0.2)


def test_a_cent_can_grow() -> None:
    path = Path()
    path.flow(2).at(DAYS[0], 2)
    assert path.at(DAYS[1], 1).drawdown == pytest.approx(-0.5)
    assert path.at(DAYS[2], 3).drawdown == 0.0


def test_the_worst_of_the_last_three_full_months() -> None:
    """January is not full: the account opened inside it."""
    path = Path()
    path.flow(1_000_000).at(date(2018, 1, 15), 1_000_000)
    assert path.at(date(2018, 1, 31), 500_000).worst_month is None
    assert path.at(date(2018, 2, 1), 510_000).worst_month is None
    # February from 500,000 to 450,000: -10 %.
    assert path.at(date(2018, 2, 28), 450_000).worst_month is None
    assert path.at(date(2018, 3, 1), 450_000).worst_month == pytest.approx(-0.10)
    # March +20 %, April -5 %: February is still the worst.
    assert path.at(date(2018, 3, 29), 540_000).worst_month == pytest.approx(-0.10)
    assert path.at(date(2018, 4, 30), 513_000).worst_month == pytest.approx(-0.10)
    assert path.at(date(2018, 5, 1), 513_000).worst_month == pytest.approx(-0.10)
    # With May (+1 %) February drops out of the three: April is the worst.
    path.at(date(2018, 5, 31), 518_130)
    assert path.at(date(2018, 6, 1), 518_130).worst_month == pytest.approx(-0.05)


def test_a_month_without_the_flows_of_the_owner() -> None:
    path = Path()
    path.flow(1_000_000).at(date(2018, 1, 15), 1_000_000)
    path.at(date(2018, 1, 31), 1_000_000)
    path.flow(-900_000).at(date(2018, 2, 5), 100_000)
    path.at(date(2018, 2, 28), 99_000)
    assert path.at(date(2018, 3, 1), 99_000).worst_month == pytest.approx(-0.01)


def test_a_year_of_premiums_is_the_last_252_sessions() -> None:
    path = Path()
    for n, session in enumerate(DAYS[: YEAR_SESSIONS + 3]):
        path.account.day = Day(hedge_premium=100 if n == 0 else 1)
        facts = path.at(session, 1_000)
        if n == YEAR_SESSIONS - 1:
            # The first session's 100 and 251 times 1.
            assert facts.hedge_premium_year == 351
        if n == YEAR_SESSIONS:
            assert facts.hedge_premium_year == 252
    assert facts.hedge_premium_year == 252
    assert facts.sessions_since_start == YEAR_SESSIONS + 2


def test_condors_closed_since_the_last_step() -> None:
    path = Path()
    path.at(DAYS[0], 1_000)
    path.closed(DAYS[1], 2)
    path.at(DAYS[1], 1_000)
    path.closed(DAYS[3])
    assert path.at(DAYS[3], 1_000).closed_condors == 3
    # Those of the session of the step itself came before it.
    assert path.at(DAYS[4], 1_000, step=DAYS[1]).closed_condors == 1
    assert path.at(DAYS[5], 1_000, step=DAYS[0]).closed_condors == 3
    assert path.at(DAYS[6], 1_000, step=DAYS[3]).closed_condors == 0


def test_gains_realised_since_layer_3_came_on() -> None:
    path = Path()
    path.at(DAYS[0], 1_000)
    for n, gain in ((1, 500), (3, 70), (4, 8)):
        path.account.day = Day(hedge_gain=gain)
        path.at(DAYS[n], 1_000)
    # Off: nothing of it counts.
    assert path.at(DAYS[5], 1_000).hedge_gain_realised == 0
    assert path.at(DAYS[6], 1_000, layer_3=DAYS[1]).hedge_gain_realised == 578
    assert path.at(DAYS[7], 1_000, layer_3=DAYS[2]).hedge_gain_realised == 78
    assert path.at(DAYS[8], 1_000, layer_3=DAYS[4]).hedge_gain_realised == 8
    assert path.at(DAYS[9], 1_000, layer_3=DAYS[9]).hedge_gain_realised == 0


def test_facts_are_taken_once_a_session() -> None:
    path = Path()
    path.at(DAYS[0], 1_000)
    with pytest.raises(ValueError, match=r"^the facts of 2018-01-02 were taken before$"):
        path.at(DAYS[0], 1_000)


def lot(contract: Contract, quantity: int, price: int, purpose: Purpose, structure: str) -> Lot:
    return Lot(
        lot_id=f"{structure}{contract.key}",
        structure_id=structure,
        purpose=purpose,
        contract=contract,
        quantity=quantity,
        price=price,
        opened=FRIDAY,
        variation_price=price,
    )


def condor_lots(structure: str, quantity: int, prices: tuple[int, ...]) -> tuple[Lot, ...]:
    return tuple(
        lot(leg.contract, quantity * leg.quantity, price, "condor", structure)
        for leg, price in zip(condor_legs(), prices, strict=True)
    )


def test_what_is_held() -> None:
    # A credit of 6.65 on a width of 30: two condors can lose 4,670.00 and took in 1,330.00.
    two = condor_lots("A", 2, (83_000, 121_400, 42_000, 13_900))
    # A credit of 31.00 cannot lose; it counts 0, and does not pay for the other.
    sure = condor_lots("B", 1, (10_000, 300_000, 30_000, 10_000))
    # Calls for 4 * 110.00 and 2 * 55.00; a future costs no premium; a second engine is no hedge.
    hedge = (
        lot(vix_call(18.0), 4, 11_000, "layer_1", "h1"),
        lot(vix_call(25.0), 2, 5_500, "layer_3", "h3"),
        lot(vx(WEDNESDAY), 1, 150_000, "layer_2", "h2"),
        lot(vix_call(20.0), 9, 11_000, "second_engine", "e"),
    )
    assert held((*two, *sure, *hedge)) == (467_000, 133_000 + 310_000, 55_000)
    assert held(()) == (0, 0, 0)


def test_facts_that_are_asked_for_late_know_what_is_held() -> None:
    """The first facts of an account that holds one lot since yesterday."""
    account, market, call = started(), Market(), vix_call(18.0)
    market.set(FRIDAY, call, 1.00, 1.10)
    legs = [Leg(contract=call, quantity=1)]
    send(account, order(legs, session=THURSDAY, quantity=4, purpose="layer_1"))
    step(account, FRIDAY, market)
    assert account.holdings_version == 1
    assert FactsKeeper(account).facts(margin_requirement=0).hedge_premium_open == 44_000


def test_the_facts_of_an_account() -> None:
    account, market = started(), condor_market(FRIDAY, OPENING)
    keeper = FactsKeeper(account)
    first = keeper.facts(margin_requirement=0)
    assert (first.session, first.nav, first.cash) == (THURSDAY, 25_000_000, 25_000_000)
    assert (first.condor_max_loss, first.condor_credit, first.hedge_premium_open) == (0, 0, 0)

    call = vix_call(18.0)
    market.set(FRIDAY, call, 1.00, 1.10)
    send(
        account,
        order(condor_legs(), session=THURSDAY, quantity=2),
        order(
            [Leg(contract=call, quantity=1)],
            session=THURSDAY,
            order_id="2",
            quantity=4,
            purpose="layer_1",
            structure_id="h1",
        ),
    )
    step(account, FRIDAY, market)
    facts = keeper.facts(margin_requirement=600_000)
    assert facts.condor_max_loss == 467_000
    assert facts.condor_credit == 133_000
    assert facts.hedge_premium_open == facts.hedge_premium_year == 44_000
    assert (facts.nav, facts.cash) == (account.equity, account.cash)
    assert facts.nav == 25_000_000 + 133_000 - 944 - 141_500 - 44_000 - 475 + 42_000
    assert facts.drawdown == pytest.approx(facts.nav / 25_000_000 - 1.0)
    # Nothing was traded on Monday: what is held is what was held.
    step(account, MONDAY, market)
    assert keeper.facts(margin_requirement=600_000).condor_max_loss == 467_000


@given(
    st.lists(
        st.tuples(st.integers(-300, 300), st.integers(-400_000, 400_000)), min_size=1, max_size=40
    )
)
def test_no_flow_makes_a_gain(moves: list[tuple[int, int]]) -> None:
    """The same returns with and without the owner's flows give the same drawdown."""
    plain, moved = Path(), Path()
    a = b = 1_000_000_000
    plain.flow(a).at(DAYS[0], a)
    moved.flow(b).at(DAYS[0], b)
    for session, (basis_points, flow) in zip(DAYS[1:], moves, strict=False):
        a = round(a * (1 + basis_points / 10_000))
        b = round(b * (1 + basis_points / 10_000)) + flow
        one = plain.at(session, a)
        other = moved.flow(flow).at(session, b)
        assert other.drawdown == pytest.approx(one.drawdown, abs=1e-7)
        assert one.drawdown <= 0.0
        assert other.peak_nav >= other.nav
