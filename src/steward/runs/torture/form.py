"""`scenario.toml`: every key, and what it may be. Decimal numbers stand in quotes: no floats."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator

from steward.runs.torture.records import (
    GROUPS,
    NEEDS,
    CalendarFacts,
    Fees,
    FillRules,
    Margin,
    Rule,
)
from steward.terms.errors import StewardError

LEAST_REASONING = 300
"""Characters: less does not hold the arithmetic of a scenario."""

Month = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
Hour = re.compile(r"\d{2}:\d{2}")
Decimal = re.compile(r"\d+(\.\d+)?")


class Part(BaseModel, frozen=True, extra="forbid", strict=True):
    """Frozen; an unknown key is an error, and so is a number where text is wanted."""


class RulePart(Part):
    says: str = Field(min_length=20)
    source: str = Field(min_length=8)


class CalendarPart(Part):
    closed: list[date] = []
    early_close: dict[str, str] = {}
    monthly_expiry: dict[str, date] = {}
    vix_expiry: dict[str, date] = {}

    @field_validator("monthly_expiry", "vix_expiry")
    @classmethod
    def _months(cls, given: dict[str, date]) -> dict[str, date]:
        if wrong := [key for key in given if not Month.fullmatch(key)]:
            raise ValueError(f"{wrong[0]} is no month: write it as 2026-06")
        return given

    @field_validator("early_close")
    @classmethod
    def _days(cls, given: dict[str, str]) -> dict[str, str]:
        for key, at in given.items():
            try:
                date.fromisoformat(key)
            except ValueError:
                raise ValueError(f"{key} is no day: write it as 2026-11-27") from None
            if not Hour.fullmatch(at):
                raise ValueError(f"{at} is no time: write it as 13:00")
        return given


class FeePart(Part):
    root: str
    action: Literal["open", "close", "settle"]
    cents: int = Field(ge=0)


class FeesPart(Part):
    profile: str = "none"
    each: list[FeePart] = []


class MarginPart(Part):
    profile: Literal["none", "cboe", "ibkr", "tastytrade", "portfolio", "cash"] = "none"
    unequal_widths: Literal["wider", "sum"] = "wider"
    future_cents: dict[str, int] = {}
    liquidation: str = ""


class FillsPart(Part):
    size: Literal["unlimited", "displayed"] = "unlimited"
    volume_percent: str | None = None
    stale_minutes: int | None = Field(default=None, ge=0)
    widest_percent: str | None = None


class InterestPart(Part):
    debit_spread_percent: str = "0"


class Form(Part):
    """The whole file."""

    format: Literal[1]
    title: str = Field(min_length=8)
    group: str
    engines_get_wrong: str = Field(min_length=20)
    sessions: list[date] = Field(min_length=1)
    start_cash: int
    needs: list[str] = []
    reasoning: str = Field(min_length=LEAST_REASONING)
    rules: list[RulePart] = Field(min_length=1)
    calendar: CalendarPart = CalendarPart()
    fees: FeesPart = FeesPart()
    margin: MarginPart = MarginPart()
    fills: FillsPart = FillsPart()
    interest: InterestPart = InterestPart()

    @field_validator("group")
    @classmethod
    def _group(cls, given: str) -> str:
        if given not in GROUPS:
            raise ValueError(f"is none of {', '.join(GROUPS)}")
        return given

    @field_validator("needs")
    @classmethod
    def _needs(cls, given: list[str]) -> list[str]:
        if wrong := [word for word in given if word not in NEEDS]:
            raise ValueError(f"{wrong[0]!r} is none of {', '.join(NEEDS)}")
        return given

    @field_validator("sessions")
    @classmethod
    def _rising(cls, given: list[date]) -> list[date]:
        if any(a >= b for a, b in itertools.pairwise(given)):
            raise ValueError("the days must rise")
        return given


def read_form(path: Path, name: str) -> Form:
    """Raises StewardError that names the file, the key, its value and the way out."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StewardError(
            f"{name} is missing: make it as torture/README.md describes it"
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise StewardError(f"{name} cannot be read as TOML: {error}; mend it") from None
    try:
        return Form.model_validate(raw)
    except ValidationError as error:
        raise StewardError(f"{name}, {_plainly(error)}") from None


def _plainly(error: ValidationError) -> str:
    first: Mapping[str, Any] = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"]) or "the file"
    kind, found = first["type"], first["input"]
    if kind == "extra_forbidden":
        return f"key {key}: {found!r} stands under an unknown key: correct its spelling"
    if kind == "missing":
        return f"key {key}: is missing: write it as torture/README.md describes it"
    shown = "" if isinstance(found, Mapping) else f"{str(found)[:60]!r}: "
    return f"key {key}: {shown}{first['msg'].removeprefix('Value error, ')}; correct it"


# --- records of it -------------------------------------------------------------------------------


def rules_of(form: Form) -> tuple[Rule, ...]:
    return tuple(Rule(says=part.says, source=part.source) for part in form.rules)


def calendar_of(form: Form) -> CalendarFacts:
    part = form.calendar
    return CalendarFacts(
        closed=tuple(part.closed),
        early_close={date.fromisoformat(day): at for day, at in part.early_close.items()},
        monthly_expiry=part.monthly_expiry,
        vix_expiry=part.vix_expiry,
    )


def fees_of(form: Form, name: str) -> Fees:
    """Raises StewardError where fees a contract do not go with the profile."""
    part = form.fees
    if bool(part.each) != (part.profile == "explicit"):
        raise StewardError(
            f'{name}, key fees.profile: {part.profile!r}; fees.each goes with "explicit" alone: '
            "give both or neither"
        )
    return Fees(
        profile=part.profile,
        cents={(one.root, one.action): one.cents for one in part.each},
    )


def margin_of(form: Form) -> Margin:
    return Margin(**form.margin.model_dump())


def fill_rules_of(form: Form, name: str) -> FillRules:
    part = form.fills

    def share(text: str | None, key: str) -> Fraction | None:
        return None if text is None else percent(text, name, f"fills.{key}")

    return FillRules(
        size=part.size,
        volume_percent=share(part.volume_percent, "volume_percent"),
        stale_minutes=part.stale_minutes,
        widest_percent=share(part.widest_percent, "widest_percent"),
    )


def percent(text: str, name: str, key: str) -> Fraction:
    """A fraction: "1.5" is 15 thousandths. Raises StewardError."""
    if not Decimal.fullmatch(text):
        raise StewardError(f'{name}, key {key}: {text!r} is no percentage: write it as "1.50"')
    return Fraction(text) / 100
