"""What `steward model fit` prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from steward.doors.terminal import DISCLAIMER, Out, print_json
from steward.intake.fit.fitting import Fitted
from steward.intake.fit.section import ErrorTable


def show(fitted: Sequence[Fitted], paths: Sequence[Path], *, as_json: bool) -> None:
    """The errors of every section and where its file lies, or one JSON document."""
    if as_json:
        print_json(
            {
                "files": [str(path) for path in paths],
                "sections": [
                    {
                        "name": one.section.name,
                        "sha256": one.sha256,
                        "inputs": dict(one.inputs),
                        "data": dict(one.data),
                        "tables": [asdict(table) for table in one.section.tables],
                    }
                    for one in fitted
                ],
            }
        )
        return
    out = Out()
    for one in fitted:
        out.line(f"\n{one.section.name}: fitted on {len(one.data)} files", "bold")
        for table in one.section.tables:
            _table(out, table)
    out.line("\n")
    for path in paths:
        out.path(str(path))
    out.line("\nErrors of a model, for learning. " + DISCLAIMER)


def _table(out: Out, table: ErrorTable) -> None:
    out.line(f"\n{table.title}")
    out.table(table.columns, table.rows, indent=2)
    for words in (table.targets, table.note):
        if words:
            out.line(words, indent=2)
