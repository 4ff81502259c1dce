"""The torture kit on other engines: prints the table, and writes it into docs/torture.md.

By hand, from the folder of the repository, with Steward's own Python. Each engine has an
environment of its own, with Steward in it (the head of its adapter says how), and runs there:

    python torture/adapters/run.py --python nautilus=PYTHON --python lumibot=PYTHON [--only 019]
    python torture/adapters/run.py --python nautilus=PYTHON --python lumibot=PYTHON --write

PYTHON is the interpreter of that environment. `--write` needs all engines and all scenarios. Why an
engine fails is written by hand in reasons.toml, once the failure has been looked into.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import tomllib
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

from market import Unable
from steward.runs.torture import compare, kit, reader
from steward.runs.torture.engine import Engine
from steward.runs.torture.records import GROUPS, Scenario

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "torture.md"
BEGIN, END = "<!-- other engines: begin -->", "<!-- other engines: end -->"
ADAPTERS = ("nautilus", "lumibot")
LICENCES = {"nautilus_trader": "LGPL-3.0-or-later", "lumibot": "GPL-3.0"}
UNEXPLAINED = "not looked into yet"
COMMAND = "python torture/adapters/run.py --python nautilus=PYTHON --python lumibot=PYTHON --write"

Found = dict[str, Any]


def verdict(scenario: Scenario, engine: Engine) -> Found:
    """One scenario, as plain data: `state` is that of the kit, `first` the first difference."""
    made = {"name": scenario.name, "group": scenario.group, "why": "", "first": ""}
    try:
        found = kit.verdict(scenario, engine)
    except Unable as unable:
        return made | {"state": compare.NOT_SUPPORTED, "why": str(unable)}
    first = next((one.words.partition(", ")[2] for one in found.differences), "")
    return made | {"state": found.state, "why": found.why, "first": first}


def run_here(adapter: str, only: list[str]) -> list[Found]:
    """In the environment of the engine: each engine of the adapter on each scenario."""
    scenarios = [x for x in reader.read_all(kit.scenarios_folder()) if chosen(x.name, only)]
    engines = importlib.import_module(f"{adapter}_adapter").ENGINES
    return [
        {
            "engine": engine.name,
            "version": engine.version,
            "verdicts": [verdict(x, engine()) for x in scenarios],
        }
        for engine in engines
    ]


def chosen(name: str, only: list[str]) -> bool:
    return not only or name in only or name[:3] in only


def run_there(adapter: str, python: str, only: list[str]) -> list[Found]:
    """In a process of that environment; what the engine prints besides is dropped."""
    command = [python, str(HERE / "run.py"), "--here", adapter]
    for one in only:
        command += ["--only", one]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{adapter}: its environment {python} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.rpartition("\n#json ")[2])


def reason(engine: str, found: Found, reasons: dict[str, Any]) -> str:
    """Of the scenario, else of the engine as a whole, else that nobody has looked."""
    known = reasons.get(engine, {})
    return known.get(found["name"][:3]) or known.get("default") or UNEXPLAINED


def cell(found: Found) -> str:
    if found["state"] == compare.NOT_SUPPORTED:
        return f"not supported: {found['why']}"
    return "**fail**" if found["state"] == compare.FAIL else "pass"


def counts(engine: Found) -> Counter[str]:
    return Counter(one["state"] for one in engine["verdicts"])


def page(engines: list[Found], reasons: dict[str, Any], day: date) -> str:
    """The part of the page between its marks."""
    main = [x for x in engines if "," not in x["engine"]]
    lines = [f"Run on {day}, {len(main[0]['verdicts'])} scenarios: `{COMMAND}`", ""]
    lines += ["| engine | version | licence | pass | fail | not supported |"]
    lines += ["| --- | --- | --- | --: | --: | --: |"]
    for engine in engines:
        of = counts(engine)
        licence = LICENCES[engine["engine"].partition(",")[0]]
        numbers = [str(of[x]) for x in (compare.PASS, compare.FAIL, compare.NOT_SUPPORTED)]
        lines.append(
            "| " + " | ".join([engine["engine"], engine["version"], licence, *numbers]) + " |"
        )
    lines += ["", "### Failures", ""]
    for engine in main:
        for found in engine["verdicts"]:
            if found["state"] == compare.FAIL:
                why = reason(engine["engine"], found, reasons)
                said = f"- {engine['engine']}, `{found['name']}`: {why}. First difference: "
                lines.append(f"{said}{found['first']}.")
    lines += [
        "",
        "### The ways not taken",
        "",
        *variants(engines, main, reasons),
        "### By scenario",
        "",
    ]
    lines += ["| scenario | " + " | ".join(x["engine"] for x in main) + " |"]
    lines += ["| --- |" + " --- |" * len(main)]
    rows = list(zip(*(x["verdicts"] for x in main), strict=True))
    for group in GROUPS:
        mine = [row for row in rows if row[0]["group"] == group]
        if mine:
            passed = (sum(x[n]["state"] == compare.PASS for x in mine) for n in range(len(main)))
            totals = [f"{number} of {len(mine)} pass" for number in passed]
            lines.append(f"| **{group}** | " + " | ".join(totals) + " |")
        for row in mine:
            lines.append(f"| `{row[0]['name']}` | " + " | ".join(map(cell, row)) + " |")
    return "\n".join(lines)


def variants(engines: list[Found], main: list[Found], reasons: dict[str, Any]) -> list[str]:
    """Another way to set an engine up, in one sentence each: what it fails beside."""
    lines = []
    for engine in engines:
        if engine in main:
            continue
        whole = next(x for x in main if x["engine"] == engine["engine"].partition(",")[0])
        beside = [
            mine
            for mine, other in zip(engine["verdicts"], whole["verdicts"], strict=True)
            if mine["state"] == compare.FAIL and other["state"] == compare.PASS
        ]
        for why, number in Counter(reason(engine["engine"], x, reasons) for x in beside).items():
            first = next(x for x in beside if reason(engine["engine"], x, reasons) == why)
            lines.append(f"- {engine['engine']}: {number} more fail: {why}. For example")
            lines[-1] += f" `{first['name']}`, {first['first']}."
    return [*lines, ""] if lines else lines


def shown(engines: list[Found], reasons: dict[str, Any]) -> None:
    for engine in engines:
        print(f"{engine['engine']} {engine['version']}")
        for found in engine["verdicts"]:
            print(f"  {found['name']:45} {found['state']:14} {found['why']}")
            if found["state"] == compare.FAIL:
                print(f"      {reason(engine['engine'], found, reasons)}\n      {found['first']}")
        of = counts(engine)
        print(
            f"  {of[compare.PASS]} pass, {of[compare.FAIL]} fail, "
            f"{of[compare.NOT_SUPPORTED]} not supported\n"
        )


def stale(engines: list[Found], reasons: dict[str, Any]) -> list[str]:
    """Reasons for what does not fail any more, and failures without a reason."""
    found = []
    for engine in engines:
        failed = [x for x in engine["verdicts"] if x["state"] == compare.FAIL]
        ran = {x["name"][:3] for x in engine["verdicts"]}
        known = {x for x in reasons.get(engine["engine"], {}) if x != "default"} & ran
        gone = sorted(known - {x["name"][:3] for x in failed})
        found += [f"{engine['engine']}: {x} does not fail, its reason is stale" for x in gone]
        bare = [x["name"] for x in failed if reason(engine["engine"], x, reasons) == UNEXPLAINED]
        found += [f"{engine['engine']}: {x} fails without a reason" for x in bare]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="The torture kit on other engines.")
    parser.add_argument("--python", action="append", default=[], metavar="ADAPTER=PYTHON")
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--write", action="store_true", help="write the table into docs/torture.md")
    parser.add_argument("--here", choices=ADAPTERS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.here:
        print("\n#json " + json.dumps(run_here(asked.here, asked.only)))
        return
    pythons = dict(one.split("=", 1) for one in asked.python)
    unknown = sorted(set(pythons) - set(ADAPTERS))
    if unknown or not pythons:
        raise SystemExit(f"--python {unknown}: name {' or '.join(ADAPTERS)}, as in lumibot=PYTHON")
    if asked.write and (asked.only or set(pythons) != set(ADAPTERS)):
        raise SystemExit("--write needs every engine and every scenario")
    reasons = tomllib.loads((HERE / "reasons.toml").read_text(encoding="utf-8"))
    engines = [x for name, python in pythons.items() for x in run_there(name, python, asked.only)]
    shown(engines, reasons)
    for warning in stale(engines, reasons):
        print(warning, file=sys.stderr)
    if asked.write:
        text = PAGE.read_text(encoding="utf-8")
        before, after = text.partition(BEGIN)[0], text.partition(END)[2]
        made = page(engines, reasons, date.today())  # noqa: DTZ011, TID251 (a tool, run by hand)
        PAGE.write_text(f"{before}{BEGIN}\n{made}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
