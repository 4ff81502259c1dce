"""Ways in which a file goes wrong between a vendor and its reader.

Each takes the bytes of a good file and a source of choices (a `random.Random`, Hypothesis's, or one
that atheris steers) and gives other bytes.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Protocol, TypeVar

import polars as pl

Item = TypeVar("Item")

ODD_CELLS = (
    *("", " ", "0", "-0", "-1", "-0.0", "1e308", "1e400", "-1e400", "1e-320", "NaN", "nan", "inf"),
    *("-inf", "Infinity", "+5", "1,5", "1.5.5", "0x10", "1_000", "١٢", "½", "1e", "--", "NULL"),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775809", "1" * 400, "*", "^a$"),
    *("99999-01-01", "0000-00-00", "2018-02-30", "9999-12-31", "0001-01-01", "02/29/2017"),
    *("-2018-01-05", "+12018-01-05", "2018- 1-05", "2018115", "1/5/18", "1/5/-2018", "-2018-01"),
    *("12/31/1899", "1/1/3000", "13/13/2013", "24:00", "2018-01-02T99:99:99", "20180230", "true"),
    *("SPX", "SPXW", "VIX", "C", "P", "call", "☃", "\u202e", "=1+1", "a" * 70_000, '"', '""', "'"),
    *('"a', 'a"b', '"x,y"', '"x\ny"', "\\", "#", ";", "\t", "\u00a0", "\ufeff", "\x0b", "\x1a"),
)
CUTS = b",;\t\n\r\"'{}[]:. -/"


class Choices(Protocol):
    """As much of `random.Random` as is used here."""

    def randrange(self, stop: int) -> int: ...


Mutation = Callable[[bytes, Choices], bytes]


def pick(among: Sequence[Item], choices: Choices) -> Item:
    return among[choices.randrange(len(among))]


def mutated(data: bytes, choices: Choices, most: int = 4) -> bytes:
    """The bytes after one to `most` mutations."""
    for _ in range(1 + choices.randrange(most)):
        inside = next((INSIDE[start] for start in INSIDE if data.startswith(start)), MUTATIONS)
        among = inside if choices.randrange(4) else MUTATIONS
        data = pick(among, choices)(data, choices)
    return data


# --- bytes ---------------------------------------------------------------------------------------


def flip_bits(data: bytes, choices: Choices) -> bytes:
    changed = bytearray(data)
    for _ in range(1 + choices.randrange(8) if changed else 0):
        changed[choices.randrange(len(changed))] ^= 1 << choices.randrange(8)
    return bytes(changed)


def set_byte(data: bytes, choices: Choices) -> bytes:
    changed = bytearray(data)
    if changed:
        changed[choices.randrange(len(changed))] = choices.randrange(256)
    return bytes(changed)


def cut_end(data: bytes, choices: Choices) -> bytes:
    return data[: choices.randrange(len(data) + 1)]


def cut_start(data: bytes, choices: Choices) -> bytes:
    return data[choices.randrange(len(data) + 1) :]


def cut_middle(data: bytes, choices: Choices) -> bytes:
    start = choices.randrange(len(data) + 1)
    return data[:start] + data[start + choices.randrange(40) :]


def put_in(data: bytes, choices: Choices) -> bytes:
    at = choices.randrange(len(data) + 1)
    what = pick(
        (b"\0", b"\r", b"\n", b"\r\n", b'"', b",", b"\xff", b"\xc3", b"\xef\xbb\xbf", b"\x1a"),
        choices,
    )
    return data[:at] + what * (1 + choices.randrange(3)) + data[at:]


def mark_first(data: bytes, choices: Choices) -> bytes:
    return pick((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf" * 2), choices) + data


def another_encoding(data: bytes, choices: Choices) -> bytes:
    text = data.decode("utf-8", "replace")
    return text.encode(
        pick(("utf-16", "utf-16-le", "utf-32", "utf-7", "cp500"), choices), "replace"
    )


def latin_letters(data: bytes, choices: Choices) -> bytes:
    at = choices.randrange(len(data) + 1)
    return data[:at] + "Größe é".encode("latin-1") + data[at:]


# --- lines ---------------------------------------------------------------------------------------


def other_breaks(data: bytes, choices: Choices) -> bytes:
    return data.replace(b"\n", pick((b"\r\n", b"\r", b"\n\n", b"\n\r", b"\x0b", b"\x0c"), choices))


def delete_line(data: bytes, choices: Choices) -> bytes:
    lines = data.splitlines(keepends=True)
    if lines:
        del lines[choices.randrange(len(lines))]
    return b"".join(lines)


def repeat_line(data: bytes, choices: Choices) -> bytes:
    lines = data.splitlines(keepends=True)
    if lines:
        lines.insert(choices.randrange(len(lines) + 1), pick(lines, choices))
    return b"".join(lines)


def shuffle_lines(data: bytes, choices: Choices) -> bytes:
    """Without the first one, so that the file is still its layout's."""
    first, *rest = data.splitlines(keepends=True) or [b""]
    for place in range(len(rest) - 1, 0, -1):
        other = choices.randrange(place + 1)
        rest[place], rest[other] = rest[other], rest[place]
    return first + b"".join(rest)


def endless_line(data: bytes, choices: Choices) -> bytes:
    at = choices.randrange(len(data) + 1)
    return data[:at] + pick((b"x", b",", b"9", b'"', b"[", b" "), choices) * 1_200_000 + data[at:]


def wide_line(data: bytes, choices: Choices) -> bytes:
    return data + b"1," * (1 + choices.randrange(20_000)) + b"\n"


# --- cells ---------------------------------------------------------------------------------------


def _cells(data: bytes, choices: Choices) -> tuple[list[bytes], int, list[bytes]]:
    """All lines, the place of one of them, and its cells."""
    lines = data.split(b"\n")
    at = choices.randrange(len(lines))
    return lines, at, lines[at].split(b",")


def odd_cell(data: bytes, choices: Choices) -> bytes:
    lines, at, cells = _cells(data, choices)
    cells[choices.randrange(len(cells))] = pick(ODD_CELLS, choices).encode()
    lines[at] = b",".join(cells)
    return b"\n".join(lines)


def swap_cells(data: bytes, choices: Choices) -> bytes:
    lines, at, cells = _cells(data, choices)
    first, second = choices.randrange(len(cells)), choices.randrange(len(cells))
    cells[first], cells[second] = cells[second], cells[first]
    lines[at] = b",".join(cells)
    return b"\n".join(lines)


def drop_cell(data: bytes, choices: Choices) -> bytes:
    lines, at, cells = _cells(data, choices)
    del cells[choices.randrange(len(cells))]
    lines[at] = b",".join(cells)
    return b"\n".join(lines)


def cell_of_another_line(data: bytes, choices: Choices) -> bytes:
    lines, at, cells = _cells(data, choices)
    other = pick(lines, choices).split(b",")
    place = choices.randrange(len(cells))
    cells[place] = other[min(place, len(other) - 1)]
    lines[at] = b",".join(cells)
    return b"\n".join(lines)


def swap_columns(data: bytes, choices: Choices) -> bytes:
    """The same two columns of every line: what the header says stays true."""
    lines = [line.split(b",") for line in data.split(b"\n")]
    width = len(lines[0])
    first, second = choices.randrange(width), choices.randrange(width)
    for cells in lines:
        if len(cells) == width:
            cells[first], cells[second] = cells[second], cells[first]
    return b"\n".join(b",".join(cells) for cells in lines)


def quoted_cells(data: bytes, choices: Choices) -> bytes:
    lines, at, cells = _cells(data, choices)
    lines[at] = b",".join(b'"' + cell + b'"' for cell in cells)
    return b"\n".join(lines)


# --- what is read as JSON, or packed -------------------------------------------------------------


def deep(data: bytes, choices: Choices) -> bytes:
    at = choices.randrange(len(data) + 1)
    return data[:at] + pick((b"[", b'{"a":', b"[{"), choices) * 100_000 + data[at:]


def odd_token(data: bytes, choices: Choices) -> bytes:
    """Something between two separators becomes another value."""
    places = [at for at, byte in enumerate(data) if byte in CUTS]
    if not places:
        return data
    start = pick(places, choices) + 1
    end = next((at for at in places if at >= start), len(data))
    token = pick(
        (
            *(b"null", b"true", b"{}", b"[]", b'"x"', b"1e999", b"-5", b"NaN", b"9" * 30, b"1.5"),
            *(b'""', b'"-2018-01-05"', b'"9999-12-31"', b'"+12018-01-05T99:00"', b'"\\ud800"'),
        ),
        choices,
    )
    return data[:start] + token + data[end:]


def packed(data: bytes, choices: Choices) -> bytes:
    """What is not said by its name."""
    return pick((gzip.compress, bz2.compress, _zipped), choices)(data)


def _zipped(data: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("x.csv", data)
    return held.getvalue()


def odd_json(data: bytes, choices: Choices) -> bytes:
    """Another value, name or number of items somewhere in a document that stays JSON."""
    try:
        whole = json.loads(data)
    except (ValueError, RecursionError):
        return data
    held, key = {"": whole}, ""
    place: Any = held
    for _ in range(1 + choices.randrange(6)):
        below = place[key]
        if not isinstance(below, dict | list) or not below:
            break
        place = below
        key = (
            pick(list(below), choices) if isinstance(below, dict) else choices.randrange(len(below))
        )
    kind = choices.randrange(4)
    if kind == 0 and key != "":
        del place[key]
    elif kind == 1 and isinstance(place, list):
        place.append(place[key])
    elif kind == 2 and isinstance(place, dict) and key != "":
        place[pick(ODD_CELLS, choices)] = place.pop(key)
    else:
        place[key] = pick(pick((ODD_VALUES, ODD_CELLS), choices), choices)
    return json.dumps(held[""]).encode()


ODD_VALUES = (
    *(None, True, 0, -1, 5, 2**63, 10**400, 1.5, float("nan"), float("inf"), "\ud800", "\0"),
    *([], {}, [[]], [None], {"a": 1}, [{"a": []}], "2018-01-05", "2018-01-05 16:00:00"),
)


def odd_table(data: bytes, choices: Choices) -> bytes:
    """Parquet with another value, type, name or column, or fewer rows; it stays Parquet."""
    if not data.startswith(b"PAR1"):
        return data
    try:
        frame = _changed(pl.read_parquet(io.BytesIO(data)), choices)
        held = io.BytesIO()
        frame.write_parquet(held)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        return data
    return held.getvalue()


def _changed(frame: pl.DataFrame, choices: Choices) -> pl.DataFrame:
    """Raises what polars raises for a change that cannot be."""
    place, change = choices.randrange(max(frame.width, 1)), choices.randrange(6)
    if not frame.width:
        return frame
    column = frame.to_series(place)
    name = column.name
    if change == 0:
        return frame.with_columns(column.cast(pick(ODD_TYPES, choices), strict=False))
    if change == 1:
        return frame.with_columns(pl.lit(pick(ODD_LITERALS, choices)).alias(name))
    if change == 2:
        new = pick(("x", "*", "^.*$", "", "C0_Bid", "Date"), choices)
        return frame.rename({name: new}, strict=False)
    if change == 3:
        return frame.drop(name)
    if change == 4:
        return pl.concat([frame, frame]).reverse()
    return frame.head(choices.randrange(3))


ODD_TYPES = (
    *(pl.String(), pl.Int8(), pl.Float32(), pl.Boolean(), pl.Binary(), pl.Categorical()),
    *(pl.Datetime("ns", "UTC"), pl.Date(), pl.Time(), pl.Duration("ms"), pl.UInt64(), pl.Null()),
    *(pl.Decimal(38, 5), pl.List(pl.Float64()), pl.Struct({"a": pl.Float64()})),
)
ODD_LITERALS = (
    *(float("nan"), float("inf"), -1.0, 0.0, 1e308, None, 2**62, -(2**62), "x", True),
    *(date(9999, 12, 31), date(1, 1, 1), datetime(1677, 9, 22, tzinfo=UTC), b"\xff"),
)


def odd_member(data: bytes, choices: Choices) -> bytes:
    """An archive, one of whose members has another name, other bytes, or is there twice."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    except (zipfile.BadZipFile, *ZIP_DAMAGE):
        return data
    if not members:
        return data
    at = choices.randrange(len(members))
    name, content = members[at]
    what = choices.randrange(4)
    if what == 0:
        content = pick(OFTEN[:-1], choices)(content, choices)
    elif what == 1:
        content = odd_cell(content, choices)
    elif what == 2:
        name = pick((cut_middle, set_byte), choices)(name.encode(), choices).decode("latin-1")
    members[at] = (name or "x", content)
    if what == 3:
        members.append((pick((name, f"other/{name}"), choices), content))
    held = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # a name twice
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name.replace("\0", "x")), content)
    return held.getvalue()


ZIP_DAMAGE = (OSError, EOFError, RuntimeError, ValueError, zlib.error, struct.error)


def nothing(data: bytes, choices: Choices) -> bytes:
    return pick(
        (b"", b"\n", b"\r", b" ", b"\0", b"\xef\xbb\xbf", b'"', b",", b"{}", b"[]"), choices
    )


OFTEN: Sequence[Mutation] = (
    *(flip_bits, set_byte, cut_end, cut_middle, put_in),
    *(delete_line, repeat_line, shuffle_lines),
    *(odd_cell, odd_cell, odd_cell, swap_cells, drop_cell, cell_of_another_line),
    *(swap_columns, quoted_cells, odd_token, odd_token),
)
INSIDE: Mapping[bytes, Sequence[Mutation]] = {
    b"PAR1": (odd_table, odd_table, odd_table, flip_bits, cut_end),
    b"PK\x03\x04": (odd_member, odd_member, odd_member, flip_bits, cut_end),
    b"{": (odd_json, odd_json, odd_json, odd_token, cut_end),
}
"""By the first bytes: what is inside of such a file is reached by a change that leaves it whole."""

SELDOM: Sequence[Mutation] = (
    *(cut_start, mark_first, another_encoding, latin_letters, other_breaks),
    *(endless_line, wide_line, deep, packed, nothing),
)
MUTATIONS: Sequence[Mutation] = (*OFTEN, *OFTEN, *OFTEN, *SELDOM)
EVERY: Sequence[Mutation] = (*MUTATIONS, odd_json, odd_table, odd_member)
