"""What the terminal shows: tables, a run in words, progress; or one JSON document."""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from steward.doors.bars import said_when_stopped
from steward.doors.notebook import BacktestResult
from steward.doors.report import flags, words
from steward.doors.report.figures import HEADLINE
from steward.doors.report.tables import figure_rows
from steward.orders.margin import profiles
from steward.pricing.fees import DEFAULT_BROKER
from steward.rules import spoken
from steward.runs.backtest import Progress as Report
from steward.runs.replay import Replay, margin_of

DISCLAIMER = (
    "For learning; no advice. Selling options can lose many times the premium, and a hedge "
    "can fail."
)


TYPED = str.maketrans({"\u2212": "-", "\u2013": "-", "\u00a0": " ", "\u2060": None})
"""Signs of a page as a keyboard has them: a terminal's text is copied and read by programs."""


class Out:
    """The terminal, or a file in its place: wide enough for tables."""

    def __init__(self) -> None:
        width = None if sys.stdout.isatty() else 110
        self._console = Console(width=width, highlight=False, markup=False)

    @property
    def width(self) -> int:
        """In characters."""
        return self._console.width

    def line(self, text: str, style: str = "", *, indent: int = 0) -> None:
        """One paragraph, wrapped; a break in front of it is an empty line."""
        body = text.translate(TYPED)
        while body.startswith("\n"):
            self._console.print()
            body = body[1:]
        blank = " " * indent
        for part in textwrap.wrap(
            body, self._console.width, initial_indent=blank, subsequent_indent=blank
        ):
            self._console.print(Text(part, style))

    def path(self, words: str) -> None:
        """A line that is never wrapped, so that it can be copied."""
        self._console.print(words, soft_wrap=True)

    def table(
        self,
        head: Sequence[str],
        rows: Iterable[Sequence[str]],
        *,
        indent: int = 0,
        words: Sequence[str] = (),
    ) -> None:
        """The first column to the left, the others to the right and never broken.

        words  titles of columns of text: to the left, broken between words where they are too wide
        A name that is too wide is broken behind a separator, else at the edge; where the other
        columns leave no room for it, each row is a paragraph.
        """
        cells = [[cell.translate(TYPED) for cell in row] for row in rows]
        room = self.width - indent - taken(head[1:], [row[1:] for row in cells])
        if room < NARROWEST and not words:
            for first, *others in cells:
                told = [f"{title} {cell}" for title, cell in zip(head[1:], others, strict=True)]
                self.line(f"{first}: {', '.join(told)}", indent=indent)
            return
        found = Table(show_edge=False, pad_edge=False, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
        for place, title in enumerate(head):
            text = title in words
            found.add_column(
                title,
                justify="left" if text or not place else "right",
                no_wrap=bool(place) and not text,
                overflow="fold",
                min_width=1,  # else a column without text is measured as 0 and drawn as 1
            )
        for first, *others in cells:
            found.add_row(first if words else folded(first, room), *others)
        self._console.print(Padding(found, (0, 0, 0, indent), expand=False))


NARROWEST = 10
"""Characters of a first column."""

BETWEEN = 2
"""Characters between two columns."""


def taken(head: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Characters that these columns take behind a first one, if none of them is broken.

    A column without any text still takes one.
    """
    columns = [(title, *(row[place] for row in rows)) for place, title in enumerate(head)]
    return sum(max(1, *map(cell_len, column)) + BETWEEN for column in columns)


def folded(name: str, width: int) -> str:
    """A name in lines of at most `width`, broken behind a blank or a separator where it can be."""
    lines = [""]
    for piece in re.findall(r"[^\s_./,-]*[\s_./,-]*", name):
        if lines[-1] and cell_len((lines[-1] + piece).rstrip()) > width:
            lines.append("")
        lines[-1] += piece
        while cell_len(lines[-1].rstrip()) > width:
            lines[-1:] = [lines[-1][:width], lines[-1][width:]]
    return "\n".join(line.rstrip() for line in lines)


@contextmanager
def progress(name: str, *, quiet: bool) -> Iterator[Report | None]:
    """A bar on standard error while sessions pass; nothing where nobody looks."""
    with said_when_stopped("nothing was written"):
        if quiet or not sys.stderr.isatty():
            yield None
            return
        with _shown(name) as report:
            yield report


@contextmanager
def _shown(name: str) -> Iterator[Report]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("sessions"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(name, total=None)

        def report(done: int, total: int) -> None:
            bars.update(task, completed=done, total=total)

        yield report


def print_json(content: Any) -> None:
    print(json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True))


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    return text[:1].upper() + text[1:].rstrip(".") + "."


# --- backtest ------------------------------------------------------------------------------------


def show_backtest(result: BacktestResult, folder: Path, *, as_json: bool) -> None:
    """The headline figures by ledger and where the run lies."""
    if as_json:
        print_json(
            {
                "run_id": result.run_id,
                "folder": str(folder),
                "report": str(folder / "report.html"),
                "modelled": result.modelled,
                "model_flags": result.model_flags,
                "quality": result.manifest["quality"],
                "window": result.manifest["window"],
                "absent": result.manifest["absent"],
                "broker": result.manifest.get("broker", DEFAULT_BROKER),
                "margin": result.manifest.get("margin"),
                "margin_calls": [
                    {key: _plain(value) for key, value in call.items()}
                    for call in result.margin_calls.iter_rows(named=True)
                ],
                "summary": result.summary,
                "disclaimer": DISCLAIMER,
            }
        )
        return
    out = Out()
    data, window, figures = result.manifest["data"], result.manifest["window"], result.summary
    out.line(f"Condors and their VIX hedge, {window['start']} to {window['end']}", "bold")
    out.line(f"Data: {data['label']}. Prices: {data['quotes']}.")
    out.line(account(result.manifest))
    if result.priced:
        out.line(result.priced, "yellow")
    if (beyond := flags.beyond_the_fit(result.model_flags)) and result.priced:
        out.line(f"{beyond} The report says which.", "yellow")
    out.table(
        ("", *figures),
        ((row.name, *(cell.text for cell in row.cells)) for row in figure_rows(figures, HEADLINE)),
    )
    main = figures[result.manifest["main"]]
    if not main["condors_opened"]:
        out.line(no_trade(result), "yellow")
    if any(figures[name]["max_drawdown"] <= -1.0 for name in figures):
        out.line("A ledger fell to zero or below: its later figures mean nothing.", "bold red")
    for name, own in figures.items():
        if own["insolvent_on"]:
            out.line(
                f"{name} is insolvent since {own['insolvent_on']}: worth less than nothing, it "
                "closed everything and took nothing any more.",
                "bold red",
            )
        if own["margin_calls"]:
            out.line(
                f"{name} had {words.counted(own['margin_calls'], 'margin call')}, standing at "
                f"{words.counted(own['sessions_short_of_margin'], 'close')}: positions were closed "
                f"at the natural price, for {words.money(own['margin_calls_cost_cents'])} against "
                "mid and in fees.",
                "bold red",
            )
    for item in struck(result.manifest["absent"]):
        out.line(f"Absent: {item}")
    out.path(f"Report: {folder / 'report.html'}")
    out.line(DISCLAIMER)


def account(manifest: Mapping[str, Any]) -> str:
    """Whose fees a run paid, and what the account asked for as margin."""
    broker, profile = manifest.get("broker", DEFAULT_BROKER), margin_of(manifest)
    return f"Broker: {broker}. Margin: {profile.label}, {profiles.TITLES[profile.name]}."


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def no_trade(result: BacktestResult) -> str:
    """Why a run without a single condor has none: the commonest reasons of its entries."""
    said = result.entry_refusals()
    if not said:
        return "No condor was opened: no session of the window asked for one."
    return "No condor was opened. " + " ".join(
        f"On {count:,} session{'s' if count > 1 else ''}, last: {sentence(why)}"
        for why, count in said
    )


def struck(absent: Sequence[Mapping[str, str]]) -> list[str]:
    """Consequences with the signals that caused them, each once."""
    by_consequence: dict[str, list[str]] = {}
    for item in absent:
        names = by_consequence.setdefault(item["consequence"], [])
        name = spoken.signal(item["name"]).name
        if name not in names:
            names.append(name)
    return [f"{'; '.join(names)}: {what}." for what, names in by_consequence.items()]


# --- replay --------------------------------------------------------------------------------------


def show_replay(found: Replay, *, as_json: bool) -> None:
    """Whether the run came out again, or what differs."""
    if as_json:
        print_json(
            {
                "run_id": found.run_id,
                "same": found.same,
                "inputs_differ": list(found.inputs),
                "files_differ": list(found.files),
                "compared": list(found.compared),
            }
        )
        return
    out = Out()
    if found.same:
        out.line(
            f"Reproduced byte for byte, run {found.run_id[:12]}: "
            f"{words.listed(list(found.compared))}."
        )
        return
    for item in found.inputs:
        out.line(f"Differs: {item}.")
    for name in found.files:
        out.line(
            f"Differs: {name}, although data, version and rules are those of the run. Unless "
            "somebody changed the file, the same inputs did not give the same bytes."
        )
