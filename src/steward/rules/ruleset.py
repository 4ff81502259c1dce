"""A rule file: TOML made into frozen rules, refused as a whole when a key or a number is wrong.

The records are in `schema`; here they are loaded, and bound to what a history can supply.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from steward.rules.conditions import Group, Struck, check_name, check_names, strike
from steward.rules.schema import (
    Add,
    Allocation,
    Bucket,
    Entry,
    Exit,
    Hedge,
    LayerOne,
    LayerThree,
    LayerTwo,
    Mix,
    Roll,
    RuleSet,
    Stress,
    Tolerances,
)
from steward.rules.spoken import count
from steward.terms.errors import StewardError

__all__ = [
    "Add",
    "Allocation",
    "Bucket",
    "Entry",
    "Exit",
    "Hedge",
    "LayerOne",
    "LayerThree",
    "LayerTwo",
    "Mix",
    "Roll",
    "RuleSet",
    "Stress",
    "Tolerances",
    "bind",
    "from_mapping",
    "load",
    "packaged",
    "parse",
]


def packaged() -> tuple[str, ...]:
    """Names of the rule files that come with the package."""
    files = resources.files("steward.rules") / "files"
    return tuple(sorted(f.name[:-5] for f in files.iterdir() if f.name.endswith(".toml")))


def load(name_or_path: str) -> RuleSet:
    """A packaged rule set by name, or a file: a path has a slash or ends in `.toml`.

    Raises StewardError, one line, when the name or the file does not exist, is not TOML, has an
    unknown key or an impossible number.
    """
    if "/" in name_or_path or "\\" in name_or_path or name_or_path.endswith(".toml"):
        path = Path(name_or_path)
        bare = path.name == name_or_path and path.stem in packaged()
        if path.is_file():
            return _from_file(path)
        if not bare:
            raise StewardError(
                f"{name_or_path}: no such rule file; packaged rules are {', '.join(packaged())}"
            )
        name_or_path = path.stem
    if name_or_path not in packaged():
        raise StewardError(
            f"{name_or_path}: no packaged rules of that name; there are {', '.join(packaged())}, "
            "or give the path of a .toml file"
        )
    file = resources.files("steward.rules") / "files" / f"{name_or_path}.toml"
    return parse(file.read_text(encoding="utf-8"), source=f"{name_or_path}.toml")


RESERVED = ("cash", "unhedged", "static")
"""Names of the ledgers that every run is compared with."""


def _from_file(path: Path) -> RuleSet:
    """A user's own file; its name must not pass for a reference, unless it is that very file."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise StewardError(
            f"{path.name}: not readable as UTF-8 (byte {error.start + 1}): save it as UTF-8 text"
        ) from None
    except OSError as error:
        raise StewardError(f"{path.name}: cannot be read: {error.strerror}") from None
    rules = parse(text, source=path.name)
    if rules.name in RESERVED and not (rules.name in packaged() and rules == load(rules.name)):
        raise StewardError(
            f"{path.name}, key name: {rules.name} is the name of a ledger that every run is "
            "compared with: choose another"
        )
    return rules


def parse(text: str, *, source: str) -> RuleSet:
    """Rules from TOML text; `source` names the file in errors.

    A file may begin with `like`, the name of packaged rules whose keys it takes over, and with
    `without`, those of their keys that it drops ("hedge.layer_2"); what it says itself comes on
    top, table by table. Its name must be its own; description and source may be. The rules that
    come out are whole: nothing downstream knows of either key.
    """
    return from_mapping(_resolved(text, source, ()), source=source)


OWN = ("name", "description", "source")
"""Never taken over from other rules."""


def _resolved(text: str, source: str, through: tuple[str, ...]) -> dict[str, Any]:
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StewardError(f"{source}: not readable as TOML: {error}") from None
    like, without = raw.pop("like", None), raw.pop("without", [])
    if like is None:
        if without:
            raise StewardError(
                f"{source}, key without: drops keys of other rules: name those with like"
            )
        return raw
    if like not in packaged() or like in through:
        known = ", ".join(name for name in packaged() if name not in through)
        raise StewardError(
            f"{source}, key like: must be the name of packaged rules ({known}), was {like!r}"
        )
    file = resources.files("steward.rules") / "files" / f"{like}.toml"
    base = _resolved(file.read_text(encoding="utf-8"), f"{like}.toml", (*through, like))
    if not isinstance(without, list):
        raise StewardError(f"{source}, key without: must be a list of keys, was {without!r}")
    for key in (*OWN, *without):
        if not _dropped(base, str(key)) and key not in OWN:
            raise StewardError(f"{source}, key without: the rules {like} have no key {key}")
    unsaid = {
        "description": f"The rules {like} with changes of one's own.",
        "source": f"as {like}; the changes are one's own",
    }
    return _merged(base, {**unsaid, **raw})


def _dropped(table: dict[str, Any], key: str) -> bool:
    """Take a dotted key out of nested tables; whether it was there."""
    *path, last = key.split(".")
    for part in path:
        inner = table.get(part)
        if not isinstance(inner, dict):
            return False
        table = inner
    return table.pop(last, None) is not None


def _merged(base: dict[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """`own` on top of `base`: tables key by key, everything else and every condition whole."""
    grouped = ("all_of", "any_of")
    anew = any(key in own for key in grouped)
    found = {key: value for key, value in base.items() if not (anew and key in grouped)}
    for key, value in own.items():
        both = isinstance(value, Mapping) and isinstance(found.get(key), Mapping)
        found[key] = _merged(found[key], value) if both else value
    return found


def from_mapping(raw: Mapping[str, Any], *, source: str) -> RuleSet:
    """Rules from a mapping as in a manifest; raises StewardError naming key and value."""
    try:
        return RuleSet.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        # the kind of a part of a group is no key of the file
        parts = [str(part) for part in first["loc"] if part not in ("condition", "group")]
        key = ".".join(parts) or "the file"
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        shown = "" if isinstance(first["input"], Mapping) else f", was {first['input']!r}"
        message = _plainly(first["type"], first["msg"], first.get("ctx", {}))
        raise StewardError(f"{source}, key {key}: {message}{shown}{more}") from None


_PLAIN = {
    "extra_forbidden": "unknown key; correct its spelling or take it out",
    "missing": "this key is missing",
    "bool": "must be true or false",
    "int": "must be a whole number",
    "float": "must be a number",
    "string": "must be text, in quotes",
    "tuple": "must be a list, in square brackets",
    "list": "must be a list, in square brackets",
    "model": "must be a table",
    "mapping": "must be a table",
    "dict": "must be a table",
    "finite": "must be a finite number",
}
"""By the kind of an error, or by its first word."""

_BOUNDS = {
    "greater_than": ("gt", "must be above"),
    "greater_than_equal": ("ge", "must be at least"),
    "less_than": ("lt", "must be below"),
    "less_than_equal": ("le", "must be at most"),
}


def _plainly(kind: str, message: str, context: Mapping[str, Any]) -> str:
    """What is wrong with a value, without the words of the library that found it."""
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    if kind in _BOUNDS:
        bound, words = _BOUNDS[kind]
        return f"{words} {context[bound]:g}"
    if kind == "literal_error":
        return f"must be {context['expected']}"
    if kind == "string_pattern_mismatch":
        return "must be of small letters, digits and underscores alone"
    if kind == "too_short":
        return f"must have at least {count(context['min_length'], 'entry', 'entries')}"
    if kind == "too_long":
        return f"must have at most {count(context['max_length'], 'entry', 'entries')}"
    return _PLAIN.get(kind) or _PLAIN.get(kind.split("_")[0]) or message


def bind(
    rules: RuleSet, names: Collection[str], absent: Mapping[str, str]
) -> tuple[RuleSet, tuple[Struck, ...]]:
    """The rules as this history can run them: names checked, absent conditions struck.

    Raises StewardError for a misspelt signal, and for a rule left without any condition that does
    not say what then.
    """
    for rule, group in rules.groups():
        check_names(group, names, rule=rule)
    hedge = rules.hedge
    if hedge is None:
        return rules, ()
    if hedge.layer_2 is not None:
        _check_ramp(hedge.layer_2, names, absent)
    struck: list[Struck] = []

    def cut(group: Group | None, rule: str) -> Group | None:
        if group is None:
            return None
        left, gone = strike(group, absent, rule=rule)
        struck.extend(gone)
        return left

    one, two, three = hedge.layer_1, hedge.layer_2, hedge.layer_3
    adds = []
    for add in one.adds:
        left = cut(add.when, f"layer_1.{add.name}")
        if left is not None:
            adds.append(add.model_copy(update={"when": left}))
    one = one.model_copy(update={"stable": cut(one.stable, "layer_1.stable"), "adds": tuple(adds)})
    if two is not None:
        on, quiet = cut(two.on, "layer_2"), cut(two.quiet, "layer_2.quiet")
        kept = on is not None and quiet is not None
        two = two.model_copy(update={"on": on, "quiet": quiet}) if kept else None
    if three is not None:
        on, quiet = cut(three.on, "layer_3"), cut(three.quiet, "layer_3.quiet")
        kept = on is not None and quiet is not None
        three = three.model_copy(update={"on": on, "quiet": quiet}) if kept else None
    mixes = tuple(
        m.model_copy(
            update={
                "when": cut(m.when, f"mix.{m.name}"),
                "window": cut(m.window, f"mix.{m.name}.window"),
            }
        )
        for m in hedge.mixes
    )
    bound = hedge.model_copy(
        update={"layer_1": one, "layer_2": two, "layer_3": three, "mixes": mixes}
    )
    return rules.model_copy(update={"hedge": bound}), tuple(struck)


def _check_ramp(layer: LayerTwo, names: Collection[str], absent: Mapping[str, str]) -> None:
    """The signals that layer 2 reads beside its conditions: spelt right, and the ramp's there."""
    for signal in (layer.ramp_signal, layer.flag_signal):
        check_name(signal, names, rule="layer_2")
    if layer.ramp_signal in absent:
        raise StewardError(
            f"rule layer_2: its ramp follows {layer.ramp_signal}, for which this history has no "
            "source: bring that series, or take layer_2 out of the rules"
        )
