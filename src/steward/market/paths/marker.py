"""The file that says of a data folder that no market ever showed what is in it."""

from __future__ import annotations

import tomllib
from pathlib import Path

from steward.terms.errors import StewardError

MARKER = "simulated.toml"

SENTENCE = (
    "Simulated: no market ever showed these closes, and no price made from them was ever quoted."
)


def refuse_beside_quotes(folder: Path, option: str) -> None:
    """Raises StewardError for a simulated folder where real quotes are judged or fitted.

    option  of the command, that named the folder
    """
    made_by = marked(folder)
    if made_by:
        raise StewardError(
            f"{folder}: is simulated ({made_by}); real quotes do not belong to its closes: leave "
            f"out {option}, or give a folder of real series"
        )


def marked(folder: Path) -> str:
    """What made the data of a folder: "" for one that is not simulated.

    Raises StewardError for a marker that cannot be read: then nobody knows what the data are.
    """
    path = folder / MARKER
    if not path.is_file():
        return ""
    try:
        label = tomllib.loads(path.read_text("utf-8"))["label"]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError) as error:
        raise StewardError(
            f"{path}: cannot be read ({error}); it says what made this folder: make the folder "
            "again with steward simulate"
        ) from None
    if not isinstance(label, str) or not label:
        raise StewardError(f"{path}: label is no text; make the folder again with steward simulate")
    return label
