"""Cboe's delayed quotes as JSON (`_SPX.json`, `_VIX.json`): a whole chain at one moment.

`timestamp` is UTC without saying so: beside "23:02:44" the last trades of the same day are of New
York's afternoon (their `last_trade_time` is New York time), and files taken at a known clock agree.
The moment says which snapshot it is (`cboe_hours`). `iv` is a fraction and 0 where there is none;
the file's `iv30` is percent and is not read. Deep strikes have greeks of 0.0, which is rounded away
or never worked out: unknown. A size of 0 beside a price is unknown too. `line` is the place of the
option in the file, from 1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl

from steward.market.tables import SET_ASIDE
from steward.market.vendors.cboe_hours import Shown, sentences, shown_at
from steward.market.vendors.coherence import coherence
from steward.market.vendors.columns import as_rows, from_osi, underlying_of, whole_text
from steward.market.vendors.json_number import finite_number
from steward.market.vendors.layout import Batch, Table
from steward.market.vendors.source import Head, Source
from steward.terms.errors import StewardError

LARGEST = 64 * 1024 * 1024
"""Bytes: the SPX file had 13 million in 2026. Beyond this it is no file of one chain."""

SIGNS = ("timestamp", "data", "options", "option", "bid_size", "ask_size", "theo", "tick", "iv")
NEEDED = SIGNS[:4]

GREEKS = ("delta", "gamma", "theta", "vega", "rho")
NUMBERS = ("bid", "ask", "bid_size", "ask_size", "volume", "open_interest", "iv", *GREEKS)


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayedJson:
    """The layout: an object with `timestamp` and `data`, which has `options`."""

    name: str = "cboe_delayed_json"
    title: str = "Cboe delayed quotes JSON"
    table: Table = "quotes"
    header: Sequence[str] = ()

    def recognise(self, head: Head) -> int:
        text = head.data.decode("utf-8", "replace").lstrip("\ufeff \r\n\t")
        if not text.startswith("{") or not re.search(r'"options"\s*:\s*\[', text):
            return 0
        found = {sign for sign in SIGNS if re.search(rf'"{sign}"\s*:', text)}
        return len(found) if set(NEEDED) <= found else 0

    def read(self, source: Source) -> Iterator[Batch]:
        whole = _object(source)
        data = whole["data"]
        stamp = _stamp(whole.get("timestamp"), source)
        shown = shown_at(stamp)
        for sentence in sentences(shown, stamp):
            source.note(sentence)
        frame, set_aside = _frame(data["options"])
        rows = as_rows(_rows(frame, shown, finite_number(data.get("current_price"))))
        if (found := coherence(rows)).is_mixed:
            source.warn(found.sentence)
        yield Batch(rows=rows, set_aside=set_aside, read=len(data["options"]))


def _object(source: Source) -> Mapping[str, Any]:
    """The file's object. Raises StewardError for a file too large, cut off, or of other shape."""
    with source.open() as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise StewardError(
            f"{source.shown}: more than {LARGEST:,} bytes, which is no file of one chain; bring "
            "the file as Cboe gives it, of one underlying at one moment"
        )
    try:
        whole = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise StewardError(
            f"{source.shown}: no whole JSON ({error}); it was cut off or changed, download it again"
        ) from error
    data = whole.get("data") if isinstance(whole, dict) else None
    if not isinstance(data, dict) or not isinstance(data.get("options"), list):
        raise StewardError(
            f"{source.shown}: has no list of options below data; download it again and change "
            "nothing in it"
        )
    if not data["options"]:
        raise StewardError(f"{source.shown}: the list of options is empty; download it again")
    return dict(whole)


def _stamp(value: object, source: Source) -> datetime:
    text = value if isinstance(value, str) else ""
    for pattern in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"):
        try:
            return datetime.strptime(text.strip(), pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise StewardError(
        f"{source.shown}: timestamp {value!r} is no moment like 2026-05-20 23:02:44 (UTC); "
        "download it again and change nothing in it"
    )


def _frame(options: Sequence[object]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The options as a table of text and numbers, and those that are no options."""
    good: list[tuple[int, Mapping[str, Any]]] = []
    bad: list[tuple[int, str, str]] = []
    for line, option in enumerate(options, start=1):
        if isinstance(option, dict) and isinstance(option.get("option"), str):
            good.append((line, option))
        else:
            bad.append((line, "not an option with a symbol", repr(option)[:120]))
    columns: dict[str, pl.Series] = {
        "line": pl.Series([line for line, _ in good], dtype=pl.Int64),
        "option": pl.Series([whole_text(one["option"]) for _, one in good], dtype=pl.String),
    }
    for name in NUMBERS:
        values = [finite_number(option.get(name)) for _, option in good]
        columns[name] = pl.Series(values, dtype=pl.Float64)
    return pl.DataFrame(columns), pl.DataFrame(bad, schema=SET_ASIDE, orient="row")


def _rows(frame: pl.DataFrame, shown: Shown, current: float | None) -> pl.DataFrame:
    said = from_osi(pl.col("option"))
    level = current if shown.has_index and current and current > 0.0 else None
    return frame.select(
        "line",
        "bid",
        "ask",
        "volume",
        "open_interest",
        **said,
        symbol=underlying_of(said["root"]),
        session=pl.lit(shown.session),
        snapshot=pl.lit(shown.snapshot),
        moment=pl.lit(shown.moment),
        underlying=pl.lit(level, dtype=pl.Float64),
        underlying_kind=pl.lit(None if level is None else "index", dtype=pl.String),
        bid_size=pl.when(pl.col("bid_size") > 0.0).then(pl.col("bid_size")),
        ask_size=pl.when(pl.col("ask_size") > 0.0).then(pl.col("ask_size")),
        iv=pl.when(pl.col("iv") > 0.0).then(pl.col("iv")),
        **{g: pl.when(pl.col(g) != 0.0).then(pl.col(g)) for g in GREEKS},
    )


LAYOUT = DelayedJson()
