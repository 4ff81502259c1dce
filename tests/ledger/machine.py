"""The bench as a state machine: Hypothesis chooses the deeds and shortens a list that fails."""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from .bench import MOST_LOTS, MOST_WAITING, Bench, again

seeds = st.integers(0, 2**32 - 1)
places = st.integers(0, 9)
picks = st.integers(0, 99)
quantities = st.integers(1, 9)
terms = st.integers(0, 999)
widths = st.integers(1, 6)

MACHINES = 40
"""In one go of Hypothesis; more goes under other seeds cost less memory than one long one."""
STEPS = 50
"""At most, of one machine."""

done: Counter[str] = Counter()
"""Steps of all machines so far, and what happened in them."""


class Desk(RuleBasedStateMachine):
    """At most one flow, one drop, one restart a session, so that sessions go by."""

    bench: Bench

    def do(self, name: str, *given: int) -> None:
        done["steps"] += 1
        self.once.add(name)
        self.bench.do(name, *given)

    def is_new(self, *names: str) -> bool:
        return not self.once.intersection(names)

    @property
    def has_room(self) -> bool:
        bench = self.bench
        return (
            not bench.over
            and len(bench.waiting) < MOST_WAITING
            and len(bench.shadow.lots) < MOST_LOTS
        )

    @initialize(capital=st.integers(0, 10**9))
    def open_the_account(self, capital: int) -> None:
        self.once: set[str] = set()
        self.capital = capital
        self.bench = Bench(capital)

    @precondition(lambda self: self.is_new("flow"))
    @rule(amount=st.integers(-(10**8), 10**8))
    def move_money(self, amount: int) -> None:
        self.do("flow", amount)

    @precondition(lambda self: self.has_room)
    @rule(place=places, low=widths, high=widths, quantity=quantities, terms=terms)
    def open_a_condor(self, place: int, low: int, high: int, quantity: int, terms: int) -> None:
        self.do("open_condor", place, low, high, quantity, terms)

    @precondition(lambda self: self.has_room)
    @rule(kind=st.integers(0, 3), place=places, quantity=quantities, terms=terms)
    def buy_a_hedge(self, kind: int, place: int, quantity: int, terms: int) -> None:
        self.do("buy_hedge", kind, place, quantity, terms)

    @precondition(lambda self: self.has_room)
    @rule(which=st.integers(0, 1), quantity=st.integers(1, 150), sign=st.sampled_from([1, -1]))
    def trade_shares(self, which: int, quantity: int, sign: int) -> None:
        self.do("trade_shares", which, quantity, sign)

    @precondition(lambda self: self.bench.account.lots and len(self.bench.waiting) < MOST_WAITING)
    @rule(pick=picks, part=picks, terms=terms)
    def close_something(self, pick: int, part: int, terms: int) -> None:
        self.do("close", pick, part, terms, 0)

    @precondition(lambda self: self.bench.account.lots and self.is_new("call"))
    @rule(pick=picks, terms=terms)
    def call_margin(self, pick: int, terms: int) -> None:
        self.once.add("call")
        self.do("close", pick, 0, terms, 1)

    @precondition(lambda self: self.has_room and self.bench.rollable)
    @rule(pick=picks, part=picks, place=places, terms=terms)
    def roll_a_hedge(self, pick: int, part: int, place: int, terms: int) -> None:
        self.do("roll", pick, part, place, terms)

    @precondition(lambda self: self.bench.waiting and self.is_new("drop"))
    @rule()
    def think_better_of_it(self) -> None:
        self.do("drop")

    @precondition(lambda self: self.bench.shadow.queue and self.is_new("cancel"))
    @rule(pick=picks)
    def take_an_order_back(self, pick: int) -> None:
        self.do("cancel", pick)

    @precondition(lambda self: self.bench.fills and self.is_new("repeat"))
    @rule(pick=picks)
    def hear_a_fill_again(self, pick: int) -> None:
        self.do("repeat", pick)

    @precondition(lambda self: self.is_new("restart") and len(self.bench.accounts) == 1)
    @rule()
    def start_again_from_the_rows(self) -> None:
        self.do("restart")

    @precondition(lambda self: not self.bench.over)
    @rule(
        seed=seeds,
        gap=st.integers(1, 3),
        rate=st.integers(0, 2),
        happens=st.integers(0, 9),
    )
    def sleep(self, seed: int, gap: int, rate: int, happens: int) -> None:
        self.once.clear()
        self.do("sleep", seed, gap, rate, happens)

    @precondition(lambda self: not self.bench.over)
    @rule(
        seed=seeds,
        gap=st.integers(1, 3),
        rate=st.integers(0, 2),
        happens=st.integers(0, 9),
    )
    def sleep_again(self, seed: int, gap: int, rate: int, happens: int) -> None:
        """The same: sessions are as frequent as all that is done between two of them."""
        self.once.clear()
        self.do("sleep", seed, gap, rate, happens)

    @precondition(lambda self: self.is_new("prove"))
    @rule()
    def prove_the_book(self) -> None:
        self.do("prove")

    def teardown(self) -> None:
        bench = getattr(self, "bench", None)
        if bench is None:
            return
        last = bench.finish()
        if len(bench.done) % 4 == 0:
            assert again(self.capital, bench.done).finish() == last
            done["twice"] += 1
        done["machines"] += 1
        done.update(bench.seen)


def run(number: int, machines: int = MACHINES) -> None:
    """So many machines, as the seed `number` chooses them. Raises what breaks, with its steps."""
    run_state_machine_as_test(
        seed(number)(type("Desk", (Desk,), {})),
        settings=settings(
            max_examples=machines,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            print_blob=False,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
