"""Run a run again and hold every byte against the folder."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from steward.intake.flows import Flow
from steward.intake.load import Market
from steward.intake.stored import STORE
from steward.orders.margin import DEFAULT, MarginProfile, futures, profiles
from steward.pricing import fees
from steward.pricing.coefficients import FILES
from steward.rules import ruleset
from steward.runs import manifest as manifests
from steward.runs.backtest import Progress, backtest
from steward.runs.result import WritePage, hashes, read_manifest, write
from steward.runs.settings import Settings
from steward.terms.errors import StewardError


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What a replay found; both empty: the run is reproduced byte for byte.

    inputs  what differs before the run: data, model, versions, rules (sentences)
    files   files of the run whose bytes differ although nothing before it does
    """

    run_id: str
    inputs: tuple[str, ...]
    files: tuple[str, ...]
    compared: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        return not self.inputs and not self.files


def settings_of(manifest: Mapping[str, Any]) -> Settings:
    """The settings that made a run."""
    main = manifest["main"]
    return Settings(
        rules=ruleset.from_mapping(manifest["rules"][main], source="the run's manifest"),
        start=date.fromisoformat(manifest["window"]["start"]),
        end=date.fromisoformat(manifest["window"]["end"]),
        capital=manifest["capital"],
        flows=tuple(
            Flow(day=date.fromisoformat(f["session"]), cents=f["cents"]) for f in manifest["flows"]
        ),
        broker=manifest.get("broker", fees.DEFAULT_BROKER),  # older runs do not say it
        margin=margin_of(manifest),
    )


def margin_of(manifest: Mapping[str, Any]) -> MarginProfile:
    """The margin profile of a run; the usual one for a run that does not say.

    Raises StewardError where it is none of this version.
    """
    kept = manifest.get("margin")
    if kept is None:
        return DEFAULT
    rest = {key: value for key, value in kept.items() if key != "futures_table"}
    return profiles.from_mapping(rest, source="the run's manifest")


def fits_data(manifest: Mapping[str, Any], market: Market, folder: Path) -> None:
    """Refuse a market of another kind than the run's: quotes real or modelled, history embedded.

    Raises StewardError that says which options are missing, all of them at once.
    """
    data = manifest["data"]
    wants = []
    of_store = STORE in data["files"]
    if data["kind"] == "quoted" and of_store and market.stored is None:
        wants.append("on the real quotes of a store: give it with --chains STORE")
    elif data["kind"] == "quoted" and not of_store and not market.chains:
        wants.append("on real quotes of files: give them with --chains FILE")
    elif data["kind"] != "quoted" and market.kind == "quoted":
        wants.append("on modelled quotes: leave out --chains")
    if market.embedded and not data["embedded"]:
        wants.append(
            "on the daily series of a store: give it with --data STORE"
            if data["label"].startswith("store")
            else "on the daily series of a data folder: give it with --data DIR"
        )
    elif data["embedded"] and not market.embedded:
        wants.append(f"on {data['label']}: leave out --data")
    if wants:
        raise StewardError(f"{folder}: this run was made {'; '.join(wants)}")


def differences(manifest: Mapping[str, Any], market: Market) -> tuple[str, ...]:
    """What of data, model and versions is not as when the run was made, a sentence each."""
    found: list[str] = []
    if manifest["version"] != manifests.steward_version():
        found.append(
            f"version: the run was made by Steward {manifest['version']}, this is "
            f"{manifests.steward_version()}"
        )
    for name, was in sorted(manifest["versions"].items()):
        now = manifests.library_versions().get(name)
        if was != now:
            found.append(f"version: {name} was {was}, now {now}")
    if manifest.get("model") != manifests.model():
        found.append(_other_model(manifest.get("model")))
    if manifest.get("margin", {}).get("futures_table") != futures.table_hash():
        found.append("margin: the dated table of futures is not the one of the run")
    read, here = manifest["data"]["files"], market.hashes
    both = read.keys() & here.keys()
    for names, what in (
        (read.keys() - here.keys(), "missing; the run read"),
        (here.keys() - read.keys(), "new; the run did not read"),
        ({name for name in both if read[name] != here[name]}, "not as the run read"),
    ):
        if names:
            them = "it" if len(names) == 1 else "them"
            be = "is" if len(names) == 1 else "are"
            found.append(f"data: {_some(names)} {be} {what} {them}")
    return tuple(found)


def _other_model(was: Mapping[str, Any] | None) -> str:
    now = manifests.model()
    if was is None:
        return (
            "model: the run does not say which coefficients priced it; this Steward has "
            f"{now['fingerprint']}"
        )
    names = was["files"].keys() | now["files"].keys()
    other = [f"{n}.toml" for n in names if was["files"].get(n) != now["files"].get(n)]
    return (
        f"model: its coefficients differ: the run was priced with {was['fingerprint']}, this "
        f"Steward has {now['fingerprint']} ({_some(other, len(FILES))})"
    )


def _some(names: Iterable[str], most: int = 4) -> str:
    """The first few in order, and how many more."""
    found = sorted(names)
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(found[:most]) + more


def replay(
    folder: Path, market: Market, *, page: WritePage | None = None, progress: Progress | None = None
) -> Replay:
    """Make the run of `folder` again and compare the hashes of all files.

    page  as for `result.write`; without one the report is not compared
    A difference of data, model or versions is told and the run is not made.
    """
    manifest = read_manifest(folder)
    run_id = str(manifest["run_id"])
    inputs = differences(manifest, market)
    if inputs:
        return Replay(run_id=run_id, inputs=inputs, files=())
    result = backtest(market, settings_of(manifest), progress=progress)
    rules = _changed_rules(manifest["rules"], result.manifest["rules"])
    if rules:
        return Replay(run_id=run_id, inputs=rules, files=())
    was = hashes(folder)
    with tempfile.TemporaryDirectory() as name:
        now = hashes(write(result, Path(name), page=page))
    compared = tuple(name for name in was if name in now)
    missing = tuple(f"{name} (missing in the folder)" for name in now if name not in was)
    differing = tuple(name for name in compared if was[name] != now[name])
    return Replay(run_id=run_id, inputs=(), files=differing + missing, compared=compared)


def _changed_rules(was: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """Ledgers whose resolved rules are others today (a packaged file has changed)."""
    return tuple(
        f"rules: those of the ledger {name} are not the ones of the run"
        for name in sorted({*was, *now})
        if was.get(name) != now.get(name)
    )
