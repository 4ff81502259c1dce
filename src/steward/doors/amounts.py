"""Whole cents and whole ten-thousandths as exact decimal text."""

from __future__ import annotations


def dollars(cents: int, *, signed: bool = False) -> str:
    """For a reader: `1,234.50`, `-0.05`; with `signed` also `+1,234.50`."""
    sign = "-" if cents < 0 else "+" if signed and cents else ""
    return f"{sign}{abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def points(e4: int) -> str:
    """For a reader: `2.65`, `16.6389`, `-6.00`."""
    sign = "-" if e4 < 0 else ""
    whole, part = divmod(abs(e4), 10_000)
    digits = f"{part:04d}"
    return f"{sign}{whole:,}.{digits[:2] if digits.endswith('00') else digits}"


def decimal(units: int, places: int) -> str:
    """For a program: `-1234.50` of -123450 and 2 places."""
    whole, part = divmod(abs(units), 10**places)
    return f"{'-' if units < 0 else ''}{whole}.{part:0{places}d}"
