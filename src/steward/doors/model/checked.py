"""What `steward model check` prints."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from steward.doors.terminal import DISCLAIMER, Out, print_json
from steward.intake.model_check.check import ModelCheck
from steward.intake.model_check.document import document
from steward.intake.model_check.pooled import DAYS, DELTAS, LEVELS, VIX_DAYS, VIX_DELTAS, cell

SESSIONS_SHOWN = 30
REASONS_SHOWN = 12
FILES_SHOWN = 12

Record = Mapping[str, Any]
STATES = {
    "published": "closes",
    "own": "own VIX",
    "own level": "own level",
    "published, other moment": "other",
    None: "none",
}


def show(check: ModelCheck, *, as_json: bool) -> None:
    """The tables of a check, or one JSON document."""
    found = document(check)
    if as_json:
        json.dumps(found, allow_nan=False)
        print_json(found)
        return
    out = Out()
    _what(out, found)
    pooled = found["pooled"]
    if pooled["spx"] is not None:
        _spx(out, pooled["spx"])
    if pooled["vix"] is not None:
        _vix(out, pooled["vix"])
    _sessions(out, found["sessions"])
    _left_out(out, found)
    out.line(
        "\nModelled prices, for learning: how far they lie from these quotes says nothing of days "
        "that are not here. " + DISCLAIMER
    )


def _what(out: Out, found: Record) -> None:
    sessions = found["sessions"]
    days = sorted({one["session"] for one in sessions})
    span = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    out.line(f"The modelled market against real quotes of {span}.", "bold")
    compared, kept = found["quotes"]["compared"], found["quotes"]["kept"]
    out.line(
        f"{compared:,} of {kept:,} quotes compared, modelled less quoted; the others are counted "
        "below. Daily series: " + found["state"] + "."
    )
    kinds = Counter(one["state"] or "none" for one in sessions)
    said = {
        "published": "published closes",
        "own": "the chain's own VIX family",
        "own level": "the chain's own level, for want of a VIX",
        "published, other moment": "closes of another moment",
        "none": "no state, so not modelled",
    }
    out.line("State: " + "; ".join(f"{said[k]} on {n}" for k, n in kinds.most_common()) + ".")
    if (seen := fitted(sessions)) != "":
        out.line(seen)


def fitted(sessions: Sequence[Record]) -> str:
    """Whether the packaged smile was fitted on these sessions, in a sentence; "" without SPX."""
    own = [one["fitted_on"] for one in sessions if one["underlying"] == "SPX" and one["compared"]]
    if not own:
        return ""
    if None in own:
        return "The packaged smile does not say which sessions it was fitted on."
    said = (
        f"Of {len(own)} SPX session{'s' if len(own) > 1 else ''} the packaged smile was fitted on "
    )
    if not any(own):
        return f"{said}none: these errors are of quotes that it has not seen."
    return f"{said}{sum(own)}: there the errors are those of a fit to the same quotes."


def _spx(out: Out, pooled: Record) -> None:
    cells = pooled["cells"]
    out.line("\nSPX options, delta 0.05 to 0.50, by days to expiry and VIX", "bold")
    rows = []
    for days, _, _ in DAYS:
        whole = cell(cells, delta=WIDE, days=days)
        if whole is None or days == "0":
            continue
        rows.append([days, "all", *_figures(whole)])
        for level, _, _ in LEVELS[1:]:
            one = cell(cells, delta=WIDE, days=days, vix=level)
            part = one is not None and one["quotes"] < whole["quotes"]
            if one is not None and part and (level != "<30" or days == "7-90"):
                rows.append(["", level, *_figures(one)])
    out.table(("days", "VIX", *HEAD), rows)
    out.line("\nSPX options of 7 to 90 days by right and delta", "bold")
    rows = [
        [right, delta, *_figures(one)]
        for right in ("puts", "calls")
        for delta, _, _ in DELTAS
        if (one := cell(cells, delta=delta, days="7-90", right=right)) is not None
    ]
    out.table(("right", "delta", *HEAD), rows)
    out.line(EXPLAINED)
    out.line("\nBeside single options", "bold")
    _condor(out, pooled)
    forward = pooled["forward_basis_points"]
    if forward is not None:
        out.line(
            f"Forward: {_three(forward, 1)} basis points over {forward['n']} series (quotes of "
            "another minute than the index are in it).",
            indent=2,
        )
    for name, both in pooled["index"].items():
        _index(out, name.upper(), both)
    _arbitrage(out, pooled["arbitrage"])


WIDE = "0.05-0.50"
HEAD = (
    "quotes",
    "vol",
    "half",
    "9 in 10",
    "by month",
    "price %",
    "half",
    "9 in 10",
    "width",
)
EXPLAINED = (
    "vol: median, in vol points (0.01); price %: median, of the mid; half, 9 in 10: the size that "
    "half and nine in ten of the errors stay below; by month: the same two when each calendar "
    "month weighs the same; width: median of modelled over quoted spread."
)


def _figures(one: Record) -> list[str]:
    vol, price, width = one["vol"], one["price"], one["spread"]
    if vol is None or price is None:
        return [f"{one['quotes']:,}", *["-"] * (len(HEAD) - 1)]
    return [
        f"{one['quotes']:,}",
        f"{vol['median']:+z.2f}",
        f"{vol['median_abs']:.2f}",
        f"{vol['p90_abs']:.2f}",
        f"{vol['cluster_median_abs']:.2f} {vol['cluster_p90_abs']:.2f}",
        f"{price['median']:+z.1f}",
        f"{price['median_abs']:.1f}",
        f"{price['p90_abs']:.1f}",
        "-" if width is None else f"{width['median']:.2f}",
    ]


def _three(one: Record, digits: int) -> str:
    """Median, and the size that half and nine in ten stay below."""
    return (
        f"median {one['median']:+z.{digits}f}, half within {one['median_abs']:.{digits}f}, "
        f"9 in 10 within {one['p90_abs']:.{digits}f}"
    )


def _condor(out: Out, pooled: Record) -> None:
    one = pooled["condor_percent"]
    if one is None:
        reasons = "; ".join(f"{why}: {n}" for why, n in pooled["condor_none"].items())
        out.line(f"Condor (16 delta, 50 wide, 38 to 52 days): none ({reasons}).", indent=2)
        return
    out.line(
        f"Condor (16 delta, 50 wide, 38 to 52 days), credit at mid: {_three(one, 1)} %, mean of "
        f"the months' medians {one['mean_of_cluster_medians']:.1f} %, on {one['n']} sessions.",
        indent=2,
    )


def _index(out: Out, name: str, both: Record) -> None:
    model, chain = both["model_less_state"], both["chain_less_published"]
    said = []
    if model is not None:
        said.append(
            f"of the modelled quotes by the formula, less the state's: {_three(model, 2)} points "
            f"on {model['n']} sessions"
        )
    if chain is not None:
        said.append(f"of the real quotes of the close, less the published: {_three(chain, 2)}")
    if said:
        out.line(f"{name} {'; '.join(said)}.", indent=2)


def _arbitrage(out: Out, one: Record) -> None:
    wrong = one["butterfly"] or one["calendar"]
    out.line(
        f"Static arbitrage in the modelled smiles: {one['butterfly']:,} of {one['slices']:,} "
        f"series (butterfly, by {one['worst_points']:.3f} points at most), {one['calendar']:,} of "
        f"{one['pairs']:,} neighbours (calendar).",
        "yellow" if wrong else "",
        indent=2,
    )


def _vix(out: Out, pooled: Record) -> None:
    cells = pooled["cells"]
    out.line("\nVIX options by days to expiry and delta", "bold")
    rows = []
    for days, _, _ in VIX_DAYS:
        for delta, _, _ in VIX_DELTAS:
            for right in ("calls", "puts"):
                one = cell(cells, delta=delta, days=days, right=right)
                if one is None or one["vol"] is None:
                    continue
                vol, known, whole = one["vol"], one["price"], one["all_modelled"]
                rows.append(
                    [
                        days,
                        f"{right} {delta}",
                        f"{one['quotes']:,}",
                        f"{vol['median']:+z.1f} ({vol['median_abs']:.1f}, {vol['p90_abs']:.1f})",
                        f"{known['median_abs']:.1f}, {known['p90_abs']:.1f}",
                        "-"
                        if whole is None
                        else f"{whole['median_abs']:.1f}, {whole['p90_abs']:.1f}",
                        "-" if one["spread"] is None else f"{one['spread']['median']:.2f}",
                    ]
                )
    head = (
        *("days", "options", "quotes", "vol (half, 9 in 10)"),
        *("price %", "future modelled %", "width"),
    )
    out.table(head, rows)
    out.line(
        "vol: median, in vol points; price %: sizes that half and nine in ten stay below, on the "
        "options' own forward, then with the future modelled too."
    )
    for name, one in pooled["futures_points"].items():
        if one is not None:
            out.line(
                f"Modelled VIX futures, {name} days: {_three(one, 2)} points over {one['n']}.",
                indent=2,
            )


def _sessions(out: Out, sessions: Sequence[Record]) -> None:
    out.line("\nBy session, delta 0.05 to 0.50; price and condor in %", "bold")
    rows = []
    for one in sessions[:SESSIONS_SHOWN]:
        vol, price, credit = one["vol_points"], one["price_percent"], one["condor"]
        rows.append(
            [
                one["session"],
                f"{one['underlying']} {one['snapshot']}",
                STATES[one["state"]] + ("" if one["pooled"] or one["state"] is None else "*"),
                "-" if one["vix"] is None else f"{one['vix']:.2f}",
                f"{one['compared']:,}",
                "-" if vol is None else f"{vol['median']:+z.2f}",
                "-" if vol is None else f"{vol['median_abs']:.2f}",
                "-" if price is None else f"{price['median_abs']:.1f}",
                "-" if not credit or credit["percent"] is None else f"{credit['percent']:+z.1f}",
                "!" if one["outside"] else "",
            ]
        )
    head = (
        *("session", "of", "state", "VIX", "quotes", "vol", "half"),
        *("price", "condor", ""),
    )
    out.table(head, rows)
    if any(one["state"] is not None and not one["pooled"] for one in sessions):
        out.line("* not pooled: closes of another moment than the quotes.")
    if len(sessions) > SESSIONS_SHOWN:
        out.line(f"{len(sessions) - SESSIONS_SHOWN} more sessions: --json")
    reasons = {
        f"{one['underlying']} of {one['session']}: {one['why']}."
        for one in sessions
        if one["state"] not in ("published", "own")
    }
    for sentence in sorted(reasons)[:REASONS_SHOWN]:
        out.line(sentence, "yellow", indent=2)
    if len(reasons) > REASONS_SHOWN:
        out.line(f"{len(reasons) - REASONS_SHOWN} more sessions like these: --json", indent=2)
    bare = [one for one in sessions if one["state"] == "published" and _no_vix_of_its_own(one)]
    if bare:
        first = bare[0]
        out.line(
            f"Closes that no VIX of the quotes themselves was held against, on {len(bare)} "
            f"session{'s' if len(bare) > 1 else ''}; {first['session']}: {first['why']}.",
            indent=2,
        )
    outside = Counter(what for one in sessions for what in one["outside"] if "quotes" not in what)
    far = sum(any("quotes" in what for what in one["outside"]) for one in sessions)
    for what, n in outside.most_common(REASONS_SHOWN):
        out.line(f"! Outside of what was fitted: {what} ({n}).", "yellow", indent=2)
    if far:
        out.line(
            f"! Outside of what was fitted: quotes beyond 200 days on {far} sessions.",
            "yellow",
            indent=2,
        )


def _no_vix_of_its_own(one: Record) -> bool:
    return one["index"] is not None and one["index"]["vix"]["chain"] is None


def _left_out(out: Out, found: Record) -> None:
    left_out = found["quotes"]["left_out"]
    if left_out:
        out.line("\nQuotes that are not compared", "bold")
        for why, n in list(left_out.items())[:REASONS_SHOWN]:
            out.line(f"{n:,}: {why}", indent=2)
        if len(left_out) > REASONS_SHOWN:
            out.line(f"{len(left_out) - REASONS_SHOWN} more reasons: --json", indent=2)
    files = found["files"]
    aside: Counter[str] = Counter()
    for one in files:
        aside.update(one["set_aside"])
    if aside:
        out.line("\nRows of the files that are not believed", "bold")
        for why, n in aside.most_common(REASONS_SHOWN):
            out.line(f"{n:,}: {why}", indent=2)
    for one in found["not_read"][:FILES_SHOWN]:
        out.line(f"Not read: {one['name']}: {one['why']}", "yellow")
    if len(found["not_read"]) > FILES_SHOWN:
        out.line(f"Not read: {len(found['not_read']) - FILES_SHOWN} more files: --json", "yellow")
