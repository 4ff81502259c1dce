"""Some layouts read a second time, slowly and on their own: what is kept must stand in the file.

Nothing of Steward's reading is used: the `csv` module, one record after the other. A quote in the
store has to be, to the last bit, one that its line of the file says; and each record of the file
has to be in the store or among the rows set aside, unless it is of another underlying.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date

import polars as pl

from steward.market.records import ImportRecord

Cells = Mapping[str, str]
Quote = tuple[str, date, str, date, str, float, float, float]
"""Underlying, session, snapshot, expiry as given, right, strike, bid, ask."""

UNKNOWN = {"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "--", "."}

csv.field_size_limit(10_000_000)


class Unreadable(Exception):  # noqa: N818 - what a cell is, caught where rows are read
    """A cell is not what its column says; such a row is never kept."""


def number(text: str) -> float:
    text = text.strip(" \t\u00a0\r\n\x0b\x0c")
    if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", text, re.ASCII):
        raise Unreadable
    return float(text)


def us(text: str) -> date:
    found = re.fullmatch(r"\s*(\d{1,2})/\s*(\d{1,2})/\s*\+?(\d{4})\s*", text, re.ASCII)
    if found is None:
        raise Unreadable
    return _date(int(found[3]), int(found[1]), int(found[2]))


def iso(text: str) -> date:
    found = re.fullmatch(r"\s*\+?(\d{4})-\s*(\d{1,2})-\s*(\d{1,2})\s*", text, re.ASCII)
    if found is None:
        raise Unreadable
    return _date(int(found[1]), int(found[2]), int(found[3]))


def either(text: str) -> date:
    return us(text) if "/" in text else iso(text)


def _date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise Unreadable from None


def right(text: str) -> str:
    found = text.strip().upper()
    if found not in ("C", "P", "CALL", "PUT", "CALLS", "PUTS"):
        raise Unreadable
    return found[0]


def underlying(text: str) -> str:
    plain = text.strip().strip("^$. ").upper()
    for symbol, names in {"SPX": ("SPXW", "SPXPM", "SPXQ"), "VIX": ("VIXW",)}.items():
        if plain in names:
            return symbol
    return plain


def records(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The first line and the fields of each record below the header; blank ones left out.

    A record ends with a line in which all quotes are closed. A carriage return that ends no line is
    a character like others.
    """
    text = data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\x0b")
    record, first = "", 2
    for at, line in enumerate(text.split("\n")[1:], start=2):
        record += line
        if record.count('"') % 2:
            record += "\n"
            continue
        if record.strip(" \t\x0b\x0c"):
            lines = record.splitlines(keepends=True) if '"' in record else [record]
            fields = next(csv.reader(lines, skipinitialspace=True), [])
            yield first, [field.strip('"') for field in fields]  # quoted twice: ""5""
        record, first = "", at + 1


def header(data: bytes) -> list[str]:
    """The names of the first line: without marks, spaces, quotes and brackets, in lower case."""
    names: list[str] = []
    for text in data.decode("utf-8").split("\n")[0].rstrip("\r").split(","):
        one = text.strip("\ufeff").strip().strip('"[] ').lower()
        one = one.removesuffix("3") if one.endswith("_15453") else one
        names.append(one if one not in names else f"{one}_{names.count(one) + 1}")
    return names


def optopsy(row: Cells) -> Iterator[Quote]:
    yield (
        underlying(row["underlying_symbol"]),
        us(row["quote_date"]),
        "eod",
        us(row["expiration"]),
        right(row["option_type"]),
        *map(number, (row["strike"], row["bid"], row["ask"])),
    )


def ivolatility(row: Cells) -> Iterator[Quote]:
    yield (
        underlying(row["symbol"]),
        us(row["date"]),
        "eod",
        us(row.get("option_expiration", row.get("expiration", ""))),
        right(row["call/put"]),
        *map(number, (row["strike"], row["bid"], row["ask"])),
    )


def optionsdx(row: Cells) -> Iterator[Quote]:
    minutes = round(number(row["quote_time_hours"]) * 60.0)
    clock = f"{minutes // 60:02d}{minutes % 60:02d}"
    for side in "cp":
        for snapshot in {clock, "eod"} if 780 <= minutes <= 975 else {clock}:
            try:
                yield (
                    "SPX",
                    iso(row["quote_date"]),
                    snapshot,
                    iso(row["expire_date"]),
                    side.upper(),
                    *map(number, (row["strike"], row[f"{side}_bid"], row[f"{side}_ask"])),
                )
            except Unreadable:
                continue


def cboe_datashop(row: Cells) -> Iterator[Quote]:
    for snapshot in ("1545", "eod"):
        try:
            yield (
                underlying(row.get("underlying_symbol", row.get("root", "SPX"))),
                iso(row["quote_date"]),
                snapshot,
                iso(row["expiration"]),
                right(row["option_type"]),
                number(row["strike"]),
                number(row[f"bid_{snapshot}"]),
                number(row[f"ask_{snapshot}"]),
            )
        except (Unreadable, KeyError):
            continue


def deltaneutral(row: Cells) -> Iterator[Quote]:
    yield (
        underlying(row["underlying"]),
        either(row["quotedate"]),
        "eod",
        either(row["expiration"]),
        right(row["type"]),
        *map(number, (row["strike"], row["bid"], row["ask"])),
    )


def thetadata(row: Cells) -> Iterator[Quote]:
    yield (
        underlying(row["symbol"]),
        iso(row["created"].strip()[:10]),
        "eod",
        iso(row["expiration"]),
        right(row["right"]),
        *map(number, (row["strike"], row["bid"], row["ask"])),
    )


def orats(row: Cells) -> Iterator[Quote]:
    for side in "cp":
        try:
            yield (
                underlying(row["ticker"]),
                us(row["trade_date"]),
                "1546",
                us(row["expirdate"]),
                side.upper(),
                *map(number, (row["strike"], row[f"{side}bidpx"], row[f"{side}askpx"])),
            )
        except Unreadable:
            continue


def optionmetrics(row: Cells) -> Iterator[Quote]:
    def day(text: str) -> date:
        text = text.strip()
        return iso(f"{text[:4]}-{text[4:6]}-{text[6:]}" if "-" not in text else text)

    yield (
        {108105.0: "SPX", 117801.0: "VIX"}[number(row["secid"])] if "secid" in row else "SPX",
        day(row["date"]),
        "eod",
        day(row["exdate"]),
        right(row["cp_flag"]),
        number(row["strike_price"]) / 1000.0,
        number(row["best_bid"]),
        number(row["best_offer"]),
    )


READERS: Mapping[str, Callable[[Cells], Iterator[Quote]]] = {
    "optopsy": optopsy,
    "ivolatility": ivolatility,
    "ivolatility_spaced": ivolatility,
    "optionsdx": optionsdx,
    "cboe_datashop": cboe_datashop,
    "deltaneutral": deltaneutral,
    "thetadata": thetadata,
    "orats": orats,
    "orats_archive": orats,
    "optionmetrics": optionmetrics,
}


def agrees(
    record: ImportRecord, kept: pl.DataFrame, aside: pl.DataFrame | None, data: bytes
) -> None:
    """Raises AssertionError for a quote that is not in the file, and for a record that is lost."""
    names = header(data)
    read = READERS[record.layout]
    said: dict[int, set[Quote]] = {}
    for line, fields in records(data):
        said[line] = set()
        if len(fields) == len(names):
            try:
                said[line] = set(read(dict(zip(names, fields, strict=True))))
            except (Unreadable, KeyError):
                continue
    seen = set(kept["line"]) | (set() if aside is None else set(aside["line"]))
    columns = ("root", "session", "snapshot", "expiry_given", "right", "strike", "bid", "ask")
    for line, root, *rest in kept.select("line", *columns).iter_rows():
        quote = (root[:3], *rest)
        if quote not in said.get(line, ()):
            raise AssertionError(f"line {line}: the store has {quote}, the file {said.get(line)}")
    if record.elsewhere == 0 and set(said) != seen:
        raise AssertionError(f"records that are nowhere, or never were: {set(said) ^ seen}")
