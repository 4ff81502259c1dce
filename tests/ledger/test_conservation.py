"""A desk that does anything at any time: no cent is lost, and each intent ends once.

The shadow beside it keeps no book. It adds up what the venue and the settlements said, and knows
of a future only what it was bought, sold and last settled at.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from steward.ledger.accounts import Account
from steward.ledger.fills import Simulator
from steward.terms import calendar
from steward.terms.contracts import Contract, FutureContract, OptionContract, vx
from steward.terms.trades import Fill, Leg, Lot, Order, Purpose, Refusal

from .desk import Market, Value, condor_contracts, intent, option, order

DAYS = calendar.sessions(date(2018, 2, 1), date(2018, 4, 30))
CONDOR_EXPIRIES = (date(2018, 2, 9), date(2018, 2, 16), date(2018, 3, 2))
VIX_EXPIRIES = (date(2018, 2, 14), date(2018, 3, 21))

ticks = st.tuples(st.integers(0, 900), st.integers(1, 60))
quantities = st.integers(1, 9)
shares = st.sampled_from([0.0, 0.1, 0.5, 1.0])
picks = st.randoms(use_true_random=False)


def points(contract: Contract) -> int:
    """Cents of one ten-thousandth, one contract: 100 dollars a point are one cent."""
    return contract.multiplier // 100


class Desk(RuleBasedStateMachine):
    """One account, its orders of the session, and the shadow."""

    @initialize(capital=st.integers(0, 10**9))
    def open_the_account(self, capital: int) -> None:
        self.account = Account("test")
        self.market = Market()
        self.day = 0
        self.waiting: list[Order] = []
        self.wanted: set[str] = set()
        self.cash = 0  # the shadow's, without futures
        self.futures: dict[Contract, tuple[int, int]] = {}  # contracts held, paid for them (e4)
        self.ends: dict[str, int] = {}
        self.moved = self.dropped = False  # at most once a session, so that sessions go by
        self.account.begin(DAYS[0])
        self.move(capital)

    @property
    def session(self) -> date:
        return DAYS[self.day]

    # --- the owner and the rules -----------------------------------------------------------------

    @precondition(lambda self: not self.moved)
    @rule(amount=st.integers(-(10**8), 10**8))
    def move(self, amount: int) -> None:
        self.moved = True
        self.account.flow(amount)
        self.cash += amount

    def want(
        self,
        legs: Sequence[Leg],
        quantity: int,
        share: float,
        purpose: Purpose,
        *,
        structure: str | None = None,
        worst: int | None = None,
    ) -> None:
        number = f"{len(self.wanted) + 1}"
        wanted = order(
            legs,
            session=self.session,
            order_id=number,
            structure_id=structure or f"s{number}",
            quantity=quantity,
            purpose=purpose,
            action="close" if structure else "open",
            worst=worst,
            fill_share=share,
        )
        self.account.intend([intent(wanted)])
        self.wanted.add(wanted.intent_id)
        self.waiting.append(wanted)

    @precondition(lambda self: len(self.waiting) < 3)
    @rule(
        expiry=st.sampled_from(CONDOR_EXPIRIES),
        low=st.integers(1, 6),
        high=st.integers(1, 6),
        quantity=quantities,
        share=shares,
        worst=st.one_of(st.none(), st.integers(-200_000, 100_000)),
    )
    def open_a_condor(
        self, expiry: date, low: int, high: int, quantity: int, share: float, worst: int | None
    ) -> None:
        strikes = (2600.0 - 10 * low, 2600.0, 2800.0, 2800.0 + 10 * high)
        legs = [
            Leg(contract=contract, quantity=sign)
            for contract, sign in zip(
                condor_contracts(strikes, expiry), (1, -1, -1, 1), strict=True
            )
        ]
        self.want(legs, quantity, share, "condor", worst=worst)

    @precondition(lambda self: len(self.waiting) < 3)
    @rule(
        expiry=st.sampled_from(VIX_EXPIRIES),
        kind=st.sampled_from(["call", "future", "put"]),
        quantity=quantities,
        share=shares,
        purpose=st.sampled_from(["layer_1", "layer_2", "layer_3"]),
    )
    def buy_a_hedge(
        self, expiry: date, kind: str, quantity: int, share: float, purpose: Purpose
    ) -> None:
        contract: Contract = vx(expiry)
        if kind == "call":
            contract = option(20.0, "C", root="VIX", expiry=expiry, style="AM")
        elif kind == "put":
            contract = option(2500.0, "P", expiry=CONDOR_EXPIRIES[2])
        self.want([Leg(contract=contract, quantity=1)], quantity, share, purpose)

    @precondition(lambda self: self.account.lots and len(self.waiting) < 4)
    @rule(pick=picks, share=shares, forced=st.booleans())
    def close_something(self, pick: object, share: float, forced: bool) -> None:
        """A condor whole or in part, or part of a hedge; sometimes what is being closed already."""
        lots = self.account.lots
        chosen: Lot = pick.choice(lots)  # type: ignore[attr-defined]
        together = [x for x in lots if x.structure_id == chosen.structure_id]
        legs = [
            Leg(contract=x.contract, quantity=-1 if x.quantity > 0 else 1, lot_id=x.lot_id)
            for x in together
        ]
        quantity = pick.randint(1, abs(chosen.quantity))  # type: ignore[attr-defined]
        worst = None
        if chosen.purpose == "condor" and not forced:
            wings = [x.contract for x in together]
            assert all(isinstance(x, OptionContract) for x in wings)
            strikes = sorted(x.strike for x in wings)  # type: ignore[union-attr]
            worst = round(max(strikes[1] - strikes[0], strikes[3] - strikes[2]) * 10_000)
        purpose: Purpose = "margin_call" if forced else chosen.purpose
        self.want(legs, quantity, share, purpose, structure=chosen.structure_id, worst=worst)

    @precondition(lambda self: self.waiting and not self.dropped)
    @rule()
    def change_its_mind(self) -> None:
        self.dropped = True
        gone = self.waiting.pop()
        self.account.drop(intent(gone), "refused", "no room")
        self.ends[gone.intent_id] = self.ends.get(gone.intent_id, 0) + 1

    # --- a session -------------------------------------------------------------------------------

    @precondition(lambda self: self.day + 1 < len(DAYS))
    @rule(
        pick=picks,
        gap=st.integers(1, 3),
        rate=st.sampled_from([0.0, 0.0135, 0.05]),
        spx=st.integers(22_000_000, 31_000_000),
        vix=st.integers(90_000, 800_000),
    )
    def sleep(self, pick: object, gap: int, rate: float, spx: int, vix: int) -> None:
        """The orders go out; one to three sessions pass, the last of them is seen."""
        self.account.send(self.waiting)
        self.day = min(self.day + gap, len(DAYS) - 1)
        account, session = self.account, self.session
        account.begin(session)
        self.moved = self.dropped = False
        self.cash += account.accrue(rate, debit_spread=0.01)
        for style in ("AM", "PM"):
            for settled in account.settle(lambda c: self.value(c, spx, vix), style):  # type: ignore[arg-type]
                if isinstance(settled.lot.contract, FutureContract):
                    self.trade_a_future(settled.lot.contract, -settled.lot.quantity, settled.level)
                else:
                    self.cash += settled.cash
        self.quote_everything(pick)
        outcomes = account.trade(Simulator(), self.market.view(session))
        assert [x.order for x in outcomes] == self.waiting
        self.waiting = []
        for outcome in outcomes:
            self.ends[outcome.order.intent_id] = self.ends.get(outcome.order.intent_id, 0) + 1
            if isinstance(outcome, Fill):
                self.book(outcome)
            else:
                assert isinstance(outcome, Refusal)
                assert outcome.reason
        account.vary(self.mark)
        account.mark(self.mark)
        account.check()
        for done in account.day.closed:
            assert done.forced or done.result >= -done.max_loss - done.fees

    def value(self, contract: Contract, spx: int, vix: int) -> Value:
        if contract.underlying == "VIX":
            return Value(vix, "vix_open", True, vix - 6_300, vix + 6_300)
        return Value(spx)

    def quote_everything(self, pick: object) -> None:
        seen = {x.contract for x in self.account.lots}
        seen |= {leg.contract for waiting in self.waiting for leg in waiting.legs}
        for contract in sorted(seen, key=lambda c: c.key):
            if pick.random() < 0.9:  # type: ignore[attr-defined]
                bid = pick.randint(0, 600)  # type: ignore[attr-defined]
                ask = bid + pick.randint(1, 60)  # type: ignore[attr-defined]
                self.market.set(self.session, contract, bid * 0.05, ask * 0.05)

    def mark(self, contract: Contract) -> object:
        return self.market.mark(self.session, contract)

    # --- the shadow ------------------------------------------------------------------------------

    def book(self, fill: Fill) -> None:
        for part in fill.legs:
            self.cash -= part.fee
            if isinstance(part.leg.contract, FutureContract):
                self.trade_a_future(part.leg.contract, part.quantity, part.price)
            else:
                self.cash -= part.quantity * part.price * points(part.leg.contract)

    def trade_a_future(self, contract: Contract, contracts: int, price: int) -> None:
        held, paid = self.futures.get(contract, (0, 0))
        self.futures[contract] = (held + contracts, paid + contracts * price)

    def futures_cash(self) -> int:
        """What the futures have gained: worth at their last mark less what was paid for them."""
        gained = 0
        for contract, (held, paid) in self.futures.items():
            last = self.mark(contract).mid_twice // 2 if held else 0  # type: ignore[attr-defined]
            gained += (held * last - paid) * points(contract)
        return gained

    @invariant()
    def no_cent_is_lost(self) -> None:
        assert self.account.cash == self.cash + self.futures_cash()
        worth = 0
        for lot in self.account.lots:
            if isinstance(lot.contract, OptionContract):
                mid_twice = self.mark(lot.contract).mid_twice  # type: ignore[attr-defined]
                worth += lot.quantity * mid_twice * points(lot.contract) // 2
        assert self.account.equity == self.account.cash + worth

    @invariant()
    def each_intent_ends_once(self) -> None:
        waiting = {x.intent_id for x in self.waiting}
        assert set(self.ends) | waiting == self.wanted
        assert not set(self.ends) & waiting
        assert set(self.ends.values()) <= {1}
        assert set(self.account.intents.ended) == set(self.ends)

    def teardown(self) -> None:
        frame = self.account.frame()
        assert frame["equity"].to_list() == (frame["cash"] + frame["value"]).cum_sum().to_list()
        flows = frame.filter(frame["event"] == "flow")["cash"].sum()
        assert sum(self.account.gains.values()) == self.account.equity - flows
        ended = frame.filter(frame["state"].is_not_null() & frame["intent_id"].is_not_null())
        assert sorted(ended["intent_id"]) == sorted(self.ends)


TestDesk = Desk.TestCase
TestDesk.settings = settings(max_examples=60, stateful_step_count=30)
