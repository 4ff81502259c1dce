"""The column contract of every table, also of the tables that later rooms make.

One place for column contracts: whoever makes a table checks it here, whoever reads one may trust
it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from steward.terms.errors import StewardError

Columns = Mapping[str, Any]

MOMENT = pl.Datetime("us", "UTC")

ROWS: Columns = {
    # What a vendor's module makes of its file: one row a contract and snapshot, nothing judged yet.
    "line": pl.Int64(),  # of the source file, the first being 1
    "session": pl.Date(),  # as the vendor dates it
    "snapshot": pl.String(),  # eod, 1545, gth (overnight), or New York's clock as HHMM
    "moment": MOMENT,  # of the quote; null: that of the snapshot
    "symbol": pl.String(),  # of the underlying, without caret: SPX, VIX, AAPL
    "root": pl.String(),  # null: not in the file
    "expiry": pl.Date(),  # as the vendor dates it
    "settlement": pl.String(),  # AM or PM; null: not in the file
    "strike": pl.Float64(),  # index points
    "right": pl.String(),  # C or P
    "bid": pl.Float64(),  # index points
    "ask": pl.Float64(),
    "bid_size": pl.Int64(),  # contracts; null is not zero, here and below
    "ask_size": pl.Int64(),
    "volume": pl.Int64(),
    "open_interest": pl.Int64(),
    "underlying": pl.Float64(),  # index points
    "underlying_kind": pl.String(),  # index or future
    "iv": pl.Float64(),  # volatility and greeks in the vendor's own units
    "delta": pl.Float64(),
    "gamma": pl.Float64(),
    "theta": pl.Float64(),
    "vega": pl.Float64(),
    "rho": pl.Float64(),
}

QUOTES: Columns = {
    "session": pl.Date(),
    "snapshot": pl.String(),  # eod, 1545, gth (overnight), or New York's clock as HHMM
    "moment": MOMENT,  # of the quote
    "known_at": MOMENT,  # from then on it could be acted on
    "quality": pl.String(),  # quoted
    "root": pl.String(),  # SPX, SPXW, VIX, VIXW
    "expiry": pl.Date(),  # the last day with economic meaning
    "expiry_given": pl.Date(),  # as the vendor dates it
    "settlement": pl.String(),  # AM or PM
    "settlement_source": pl.String(),  # given or inferred
    "right": pl.String(),  # C or P
    "strike": pl.Float64(),  # index points
    "bid": pl.Float64(),  # index points; 0 is a market without a bid
    "ask": pl.Float64(),
    "bid_size": pl.Int64(),  # contracts; null: unknown, never 0
    "ask_size": pl.Int64(),
    "volume": pl.Int64(),
    "open_interest": pl.Int64(),
    "underlying": pl.Float64(),  # index points
    "underlying_kind": pl.String(),  # index, future, parity_forward
    "iv": pl.Float32(),  # the vendor's, a fraction; greeks null wherever it is
    "delta": pl.Float32(),  # the vendor's, per 1.00
    "gamma": pl.Float32(),
    "theta": pl.Float32(),  # per calendar day
    "vega": pl.Float32(),  # per point of volatility (0.01)
    "rho": pl.Float32(),  # in the vendor's unit
    "vendor": pl.String(),  # name of the layout
    "source": pl.String(),  # the file's name in the store (`intake.identity`)
    "line": pl.Int64(),  # of the source file
}
CHAIN: Columns = {
    # What a run trades on: one snapshot a session.
    "session": pl.Date(),
    "root": pl.String(),
    "expiry": pl.Date(),
    "settlement": pl.String(),
    "settlement_source": pl.String(),
    "strike": pl.Float64(),
    "right": pl.String(),
    "bid": pl.Float64(),
    "ask": pl.Float64(),
    "bid_size": pl.Int64(),  # contracts; null: unknown, never 0
    "ask_size": pl.Int64(),
    "volume": pl.Int64(),
    "moment": MOMENT,  # of the quote
    "underlying": pl.Float64(),
    "line": pl.Int64(),
}

QUOTE_KEY = ("session", "snapshot", "root", "expiry", "right", "strike")
"""One quote, and the order in which the store keeps them."""

SET_ASIDE: Columns = {
    # Rows of a file that are not believed; shown by `steward data check`.
    "line": pl.Int64(),
    "reason": pl.String(),
    "row": pl.String(),  # what the row said, in short
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesTable:
    """A table of dated values beside quotes: its columns, its key, and by what it is counted."""

    columns: Columns
    key: tuple[str, ...]
    name: str  # the column that names the series
    day: str  # the column with the day


FILE: Columns = {
    "source": pl.String(),  # the file's name in the store (`intake.identity`)
    "line": pl.Int64(),  # of the source file
}
LEVELS: Columns = dict.fromkeys(("open", "high", "low", "close"), pl.Float64())

SERIES: Mapping[str, SeriesTable] = {
    "bars": SeriesTable(
        # What was traded in a contract, never a quote; `market.bars`. Null is unknown, not zero.
        columns={
            "session": pl.Date(),
            "root": pl.String(),  # SPX, SPXW, VIX, VIXW
            "expiry": pl.Date(),  # the last day with economic meaning
            "right": pl.String(),  # C or P
            "strike": pl.Float64(),  # index points
            "open": pl.Float64(),  # traded prices, index points
            "high": pl.Float64(),
            "low": pl.Float64(),
            "close": pl.Float64(),
            "volume": pl.Int64(),  # contracts
            "transactions": pl.Int64(),
            "open_interest": pl.Int64(),  # as the vendor dates it
            "known_at": MOMENT,
            "source": pl.String(),  # the file's name in the store (`intake.identity`)
            "line": pl.Int64(),  # of the source file
        },
        key=("session", "root", "expiry", "right", "strike"),
        name="root",
        day="session",
    ),
    "index": SeriesTable(
        columns={
            "series": pl.String(),  # spx, vix, vix3m, skew, cndr, ...
            "session": pl.Date(),
            **LEVELS,  # index points as given; close above 0, the others null where unknown
            "known_at": MOMENT,  # the decision moment of the session
            **FILE,
        },
        key=("series", "session"),
        name="series",
        day="session",
    ),
    "etp": SeriesTable(
        columns={
            "series": pl.String(),  # vxx, uvxy, ...
            "basis": pl.String(),  # as_traded, or adjusted for splits and distributions
            "session": pl.Date(),
            **LEVELS,  # USD
            "volume": pl.Float64(),  # shares
            "split": pl.Float64(),  # old shares in one new one, on the day of a reverse split
            "known_at": MOMENT,
            **FILE,
        },
        key=("series", "basis", "session"),
        name="series",
        day="session",
    ),
    "vx": SeriesTable(
        columns={
            "symbol": pl.String(),  # VX
            "session": pl.Date(),
            "expiry": pl.Date(),  # the settlement day
            "label_given": pl.String(),  # the contract as the vendor names it
            **LEVELS,  # index points on today's scale; null where nothing was traded
            "settle": pl.Float64(),  # null where the vendor wrote 0
            "change": pl.Float64(),
            "volume": pl.Int64(),  # contracts
            "efp": pl.Int64(),
            "open_interest": pl.Int64(),
            "final": pl.Float64(),  # final settlement value, on the row of the settlement day
            "known_at": MOMENT,
            **FILE,
        },
        key=("symbol", "session", "expiry"),
        name="symbol",
        day="session",
    ),
    "macro": SeriesTable(
        columns={
            "series": pl.String(),  # as its source names it: DTB3, CPIAUCNS, cape
            "period": pl.Date(),  # the day, or the first one of the month or quarter
            "value": pl.Float64(),  # null: never published
            "unit": pl.String(),
            "known_at": MOMENT,  # null: no release lag is known, so no run reads it
            "basis": pl.String(),  # vintage: first published then; lagged: a fixed lag
            **FILE,
        },
        key=("series", "period"),
        name="series",
        day="period",
    ),
    "breadth": SeriesTable(
        columns={
            "series": pl.String(),  # whose members: sp500, nyse, ...
            "session": pl.Date(),
            **dict.fromkeys(("members", "priced", "advances", "declines", "unchanged"), pl.Int64()),
            "new_highs": pl.Int64(),  # closing, of 252 days
            "new_lows": pl.Int64(),
            "above_50": pl.Float64(),  # percent above their 50-day average
            "above_200": pl.Float64(),
            "known_at": MOMENT,
            **FILE,
        },
        key=("series", "session"),
        name="series",
        day="session",
    ),
    "membership": SeriesTable(
        columns={
            "series": pl.String(),  # sp500
            "ticker": pl.String(),
            "start": pl.Date(),
            "end": pl.Date(),  # the first day outside; null: still a member
            **FILE,
        },
        key=("series", "ticker", "start"),
        name="series",
        day="start",
    ),
    "calendar": SeriesTable(
        columns={
            "event": pl.String(),  # fomc, cpi, session, or as the vendor names it
            "day": pl.Date(),  # in New York
            "moment": MOMENT,  # of the event; a session's close
            "period": pl.Date(),  # first day of the month that a release is about
            "scheduled": pl.Boolean(),  # null: not in the file
            "known_from": pl.Date(),  # from then on its day was public
            "detail": pl.String(),
            **FILE,
        },
        key=("event", "day", "moment"),
        name="event",
        day="day",
    ),
    "settlements": SeriesTable(
        columns={
            "symbol": pl.String(),  # SPX or VIX
            "day": pl.Date(),
            "kind": pl.String(),  # SET, VRO, or the name of the proxy that stands in for it
            "value": pl.Float64(),  # index points
            "said_by": pl.String(),  # the source as the file names it
            **FILE,
        },
        key=("symbol", "day", "kind"),
        name="symbol",
        day="day",
    ),
}
"""By the name of the table in the store."""

EVENTS = (
    "order",  # sent to the market at the decision; moves no money
    "flow",  # money moved in or out by the owner
    "interest",  # on cash; below 0: on a debt
    "variation",  # daily settlement of futures
    "mark",  # holdings revalued at the session's mid, one row a purpose
    "fill",  # a leg traded
    "fee",  # of a fill or a settlement
    "settle",  # a lot expired, at the settlement value
    "split",  # shares became fewer or more; a fraction is paid in cash
    "end",  # an intent ended without a trade: `state` and `reason` say how
    "ignored",  # a message of the venue that was heard before; moves no money
    "margin_call",  # found, standing or met at the session's marks: `reason` says which; no money
    "insolvent",  # worth less than nothing at the session's marks, for the first time; no money
)

JOURNAL: Columns = {
    "sequence": pl.Int64(),  # of the ledger, from 0
    "ledger": pl.String(),
    "session": pl.Date(),
    "event": pl.String(),  # one of EVENTS
    "purpose": pl.String(),  # a fee's is "fee", interest's "interest" or "margin_interest"
    "cause": pl.String(),  # the purpose that caused it: a fee of layer_1 says "layer_1"
    "state": pl.String(),  # how the intent ended, where this event ends it; else null
    "intent_id": pl.String(),
    "order_id": pl.String(),
    "structure_id": pl.String(),
    "lot_id": pl.String(),
    "contract": pl.String(),  # key, for example "SPXW 2018-02-28 2715 P"
    "quantity": pl.Int64(),  # contracts, bought above 0
    "price": pl.Int64(),  # ten-thousandths of an index point
    "bid": pl.Int64(),  # of the quote that a fill traded on, ten-thousandths
    "ask": pl.Int64(),
    "quote": pl.String(),  # which quote that was: a file and line, a store, or `model`
    "displayed": pl.Int64(),  # contracts on the side that was taken; null: unknown, so no limit
    "volume": pl.Int64(),  # contracts traded that session by anybody; null: unknown
    "cash": pl.Int64(),  # change of cash, cents, gained above 0
    "value": pl.Int64(),  # change of the market value of holdings, cents
    "equity": pl.Int64(),  # cash + value of holdings after this event, cents
    "quality": pl.String(),  # of the price: quoted, modelled, ...
    "source": pl.String(),  # settlement value: SET, spx_open, vix_prior_close, ...
    "low": pl.Int64(),  # P&L bounds in cents when a proxy was used, else null
    "high": pl.Int64(),
    "rule": pl.String(),  # which rule wanted it
    "reason": pl.String(),
    "detail": pl.String(),  # of an order: its legs and terms, JSON
    "hash": pl.String(),  # sha256 of this row and the hash of the one before (`ledger.chain`)
}

MARKS: Columns = {
    # One row a session and contract that some ledger holds or traded: what it was valued at.
    "session": pl.Date(),
    "contract": pl.String(),  # key
    "bid": pl.Int64(),  # ten-thousandths of an index point
    "ask": pl.Int64(),
    "quality": pl.String(),
    "forward": pl.Float64(),  # of its own expiry, index points
    "vol": pl.Float64(),  # a fraction; NaN where the price carries none
    "delta": pl.Float64(),  # per 1.00 of the forward; greeks per 1.00 and per year
    "gamma": pl.Float64(),
    "vega": pl.Float64(),
    "theta": pl.Float64(),
    "vol_at_forward": pl.Float64(),  # of its series, at the strike that is its forward
    "forward_rolled": pl.Float64(),  # at the next session, if the curve of today stayed as it is
}

GAINS: Columns = {
    # Of every session and ledger, where each cent of its change came from; flows are left out.
    "ledger": pl.String(),
    "session": pl.Date(),
    "purpose": pl.String(),  # whose it is: condor, layer_1, ..., cash
    "instrument": pl.String(),  # SPX put, VIX call, VX future, ...; cash has none
    "term": pl.String(),  # delta, gamma, ..., residual (`analytics.explained`)
    "rule": pl.String(),  # that wanted the fill which slippage and fees are of; null: none did
    "cents": pl.Int64(),
}

EQUITY: Columns = {
    "ledger": pl.String(),
    "session": pl.Date(),
    "spx": pl.Float64(),
    "vix": pl.Float64(),
    "warming": pl.Boolean(),  # averages and scores of VIX are not known yet
    "cash": pl.Int64(),  # cents
    "condor": pl.Int64(),  # value of open condors, cents
    "layer_1": pl.Int64(),
    "layer_2": pl.Int64(),
    "layer_3": pl.Int64(),
    "equity": pl.Int64(),  # cash and all values, cents
    "flow": pl.Int64(),  # moved in by the owner this session, cents
    "bill_rate": pl.Float64(),  # a year, fraction, that cash earned to this session
    "margin": pl.Int64(),  # maintenance requirement by the run's profile, cents
    "margin_funds": pl.Int64(),  # what counts towards it: cash, or the account's value; cents
    "margin_called": pl.Boolean(),  # a call stands at this close
    "insolvent": pl.Boolean(),  # worth less than nothing now or before
    "condor_max_loss": pl.Int64(),  # of open condors, cents
    "hedge_ratio": pl.Float64(),  # call-equivalent notional over maximum loss; null: no condors
    "hedge_target": pl.Float64(),
    "stress_cover": pl.Float64(),  # modelled stress payoff of the hedge over the condors' loss;
    # null where the stress costs the condors under a tenth of what they can lose
    "layer_1_on": pl.Boolean(),
    "layer_2_on": pl.Boolean(),
    "layer_3_on": pl.Boolean(),
    "mix": pl.String(),  # base, short_calls, long_dated
    "modelled_marks": pl.Int64(),  # lots marked by model although the source is quoted
}

DECISIONS: Columns = {
    "ledger": pl.String(),
    "session": pl.Date(),
    "kind": pl.String(),  # trace, intent, order, memory, margin
    "name": pl.String(),  # of the rule, intent, order; "memory"; "standing" or a forced order
    "result": pl.String(),
    "sentence": pl.String(),
    "detail": pl.String(),  # JSON with sorted keys
}

TRADES: Columns = {
    "ledger": pl.String(),
    "structure_id": pl.String(),
    "purpose": pl.String(),
    "contracts": pl.String(),  # keys with quantities, "; " between
    "opened": pl.Date(),
    "closed": pl.Date(),  # null while open
    "outcome": pl.String(),  # closed, settled by value, settled by proxy, open
    "open_cash": pl.Int64(),  # cents gained at the opening: a credit is above 0
    "close_cash": pl.Int64(),  # cents gained at closing or settlement
    "fees": pl.Int64(),  # cents, above 0
    "result": pl.Int64(),  # cents, fees taken off; null while open
    "max_loss": pl.Int64(),  # cents, of a condor without fees; null for hedges
    "reason_opened": pl.String(),
    "reason_closed": pl.String(),
    "quality": pl.String(),
}


def conform(frame: pl.DataFrame, columns: Columns, *, table: str) -> pl.DataFrame:
    """The same frame, checked: exactly these columns, in this order, of these types.

    Raises StewardError that names the first difference.
    """
    for name, kind in columns.items():
        if name not in frame.columns:
            raise StewardError(f"table {table}: column {name} is missing")
        if frame.schema[name] != kind:
            raise StewardError(
                f"table {table}, column {name}: is {frame.schema[name]}, must be {kind}"
            )
    extra = [name for name in frame.columns if name not in columns]
    if extra:
        raise StewardError(f"table {table}: unknown column {extra[0]}")
    return frame.select(list(columns))
