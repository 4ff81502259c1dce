"""Fits are run in order, written whole, named by their data, and the same twice."""

from __future__ import annotations

import hashlib
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from steward.intake.fit import fitting
from steward.intake.fit.fitting import FITS, Fit, fit_all, index_text, place, write
from steward.pricing import coefficients
from steward.terms.errors import StewardError

FOLDER = Path(__file__).parent


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> tuple[Fit, ...]:
    monkeypatch.syspath_prepend(str(FOLDER.parent))
    return (
        Fit(name="lengths", function="fit.toy_fits.fit_lengths"),
        Fit(name="counts", function="fit.toy_fits.fit_counts", room="market"),
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.csv").write_text("x\nyy\nzzz\n", encoding="utf-8")
    (folder / "b.csv").write_text("1\n", encoding="utf-8")
    return folder


def test_each_file_is_named_with_its_hash_and_its_data(
    toys: tuple[Fit, ...], data: Path, tmp_path: Path
) -> None:
    steps: list[str] = []
    found = fit_all(data, fits=toys, progress=lambda step, *_: steps.append(step))
    paths = write(found, place(tmp_path / "out"))
    assert [path.name for path in paths] == ["lengths.toml", "counts.toml", "model.toml"]
    assert "lengths: reading" in steps
    assert "counts: counting" in steps
    index = tomllib.loads(paths[-1].read_text(encoding="utf-8"))
    assert index["format"] == coefficients.FORMAT
    assert set(index["section"]) == {"lengths", "counts"}
    own = index["section"]["lengths"]
    assert own["sha256"] == hashlib.sha256(paths[0].read_bytes()).hexdigest()
    assert own["data"] == {"a.csv": hashlib.sha256((data / "a.csv").read_bytes()).hexdigest()}
    assert set(index["section"]["counts"]["data"]) == {"a.csv", "b.csv"}
    assert set(own["versions"]) == {"numpy", "scipy"}
    text = paths[-1].read_text(encoding="utf-8")
    assert str(tmp_path) not in text


def test_two_fits_of_the_same_data_are_the_same_bytes(
    toys: tuple[Fit, ...], data: Path, tmp_path: Path
) -> None:
    first = write(fit_all(data, fits=toys), place(tmp_path / "one"))
    second = write(fit_all(data, fits=toys), place(tmp_path / "two"))
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]


def test_one_section_alone_leaves_the_others_in_the_index(
    toys: tuple[Fit, ...], data: Path, tmp_path: Path
) -> None:
    write(fit_all(data, fits=toys), place(tmp_path / "out"))
    whole = (tmp_path / "out" / "model.toml").read_text(encoding="utf-8")
    (data / "b.csv").write_text("1\n2\n", encoding="utf-8")
    write(fit_all(data, fits=toys, only=["lengths"]), place(tmp_path / "out"))
    assert (tmp_path / "out" / "model.toml").read_text(encoding="utf-8") == whole
    write(fit_all(data, fits=toys, only=["counts"]), place(tmp_path / "out"))
    assert (tmp_path / "out" / "model.toml").read_text(encoding="utf-8") != whole


def chain_of(last: str) -> tuple[Fit, ...]:
    """Two fits under names of the real ones, the second on the first."""
    return (
        Fit(name="term", function="fit.toy_fits.fit_lengths"),
        Fit(name="vx", function=f"fit.toy_fits.{last}"),
    )


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """The packaged files of `pricing`, a copy that a test may change."""
    folder = tmp_path / "packaged" / "pricing"
    shutil.copytree(Path(str(coefficients.folder_of("pricing"))), folder)
    (folder / coefficients.INDEX).unlink(missing_ok=True)
    monkeypatch.setattr(coefficients, "folder_of", lambda room: folder.parent / room)
    coefficients.forget()
    yield folder
    monkeypatch.undo()
    coefficients.forget()


def test_a_section_is_fitted_on_those_fitted_just_before(
    toys: tuple[Fit, ...], data: Path, elsewhere: Path
) -> None:
    first = fit_all(data, fits=chain_of("fit_on_lengths"))
    (elsewhere / "term.toml").write_text("packaged = 1\n", encoding="utf-8")
    second = fit_all(data, fits=chain_of("fit_on_lengths"))
    assert [one.section.text for one in second] == [one.section.text for one in first]
    assert first[0].inputs == {}
    rates = hashlib.sha256((elsewhere / "rates.toml").read_bytes()).hexdigest()
    assert first[1].inputs == {"rates": rates, "term": first[0].sha256}
    assert index_text(first) == index_text(second)


def test_one_section_alone_names_the_packaged_files_that_it_was_fitted_on(
    toys: tuple[Fit, ...], data: Path, elsewhere: Path
) -> None:
    (first,) = fit_all(data, fits=chain_of("fit_on_lengths"), only=["vx"])
    (elsewhere / "term.toml").write_text("packaged = 1\n", encoding="utf-8")
    (second,) = fit_all(data, fits=chain_of("fit_on_lengths"), only=["vx"])
    assert first.section.text != second.section.text
    packaged = hashlib.sha256(b"packaged = 1\n").hexdigest()
    assert second.inputs["term"] == packaged
    index = tomllib.loads(index_text([second]))
    assert index["section"]["vx"]["inputs"] == dict(second.inputs)


@pytest.mark.parametrize(
    ("last", "error"), [("fit_on_itself", LookupError), ("fit_on_paths", KeyError)]
)
def test_no_section_is_fitted_on_what_is_packaged_of_itself_or_later(
    toys: tuple[Fit, ...], data: Path, last: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        fit_all(data, fits=chain_of(last))


@pytest.mark.slow
def test_the_packaged_term_structure_does_not_move_a_fit_of_futures_after_one_of_it(
    shared_data: Path, elsewhere: Path
) -> None:
    first = fit_all(shared_data, only=["term", "vx"])
    path = elsewhere / "term.toml"
    lines = path.read_text(encoding="utf-8").split("\n")
    place = next(k for k, line in enumerate(lines) if line.startswith("coefficients = ["))
    lines[place] = lines[place].replace("[-0.", "[-0.9")
    path.write_text("\n".join(lines), encoding="utf-8")
    second = fit_all(shared_data, only=["term", "vx"])
    assert [one.section.text for one in second] == [one.section.text for one in first]
    assert first[1].inputs == {"term": first[0].sha256}


def test_a_section_fitted_on_another_one_is_told(
    toys: tuple[Fit, ...], data: Path, elsewhere: Path
) -> None:
    into = place(elsewhere)
    write(fit_all(data, fits=chain_of("fit_on_lengths")), into)
    assert coefficients.changed() == ()
    (data / "a.csv").write_text("another length\n", encoding="utf-8")
    write(fit_all(data, fits=chain_of("fit_on_lengths"), only=["term"]), into)
    assert coefficients.changed() == ("pricing/files/vx.toml was fitted on another term",)


def test_what_the_user_can_put_right_is_one_sentence(
    toys: tuple[Fit, ...], data: Path, tmp_path: Path
) -> None:
    with pytest.raises(StewardError, match=r"--only nothing.*lengths, counts"):
        fit_all(data, fits=toys, only=["nothing"])
    with pytest.raises(StewardError, match="no such folder"):
        fit_all(tmp_path / "nowhere", fits=toys)
    (data / "a.csv").unlink()
    with pytest.raises(StewardError, match=r"a\.csv: missing"):
        fit_all(data, fits=toys)
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StewardError, match="is a file"):
        place(tmp_path / "file")


def test_without_scipy_it_names_the_extra(
    toys: tuple[Fit, ...], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(StewardError, match=r"steward\[fit\]"):
        fit_all(data, fits=toys)


def test_an_index_of_another_format_is_refused(tmp_path: Path) -> None:
    for text in ("format = 99\n[section]\n", "format = \n", "words"):
        with pytest.raises(StewardError, match="steward model fit"):
            coefficients.read_index(text, "model.toml")
    assert coefficients.read_index(index_text([]) + "[section]\n", "model.toml")["format"] == 1


def test_names_of_sections_are_single() -> None:
    names = [fit.name for fit in FITS]
    assert len(set(names)) == len(names)
    assert {fit.room for fit in FITS} <= {"pricing", "market"}


def test_the_packaged_coefficients_are_those_of_the_index() -> None:
    """After a change of a file: `steward model fit --data DIR --into-package`."""
    known = coefficients.index()
    assert known is not None, "no index is packaged"
    assert set(known["section"]) == {fit.name for fit in FITS}
    assert coefficients.changed() == ()
    assert len(coefficients.fingerprint()) == coefficients.FINGERPRINT


def test_a_file_changed_by_hand_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "pricing").mkdir()
    (tmp_path / "pricing" / "one.toml").write_text("a = 1\n", encoding="utf-8")
    right = hashlib.sha256(b"a = 1\n").hexdigest()
    monkeypatch.setattr(coefficients, "folder_of", lambda room: tmp_path / room)
    monkeypatch.setattr(
        coefficients,
        "index",
        lambda: {
            "section": {
                "one": {"room": "pricing", "sha256": right},
                "two": {"room": "pricing", "sha256": right},
            }
        },
    )
    assert coefficients.changed() == ("pricing/files/two.toml is missing",)
    (tmp_path / "pricing" / "one.toml").write_text("a = 2\n", encoding="utf-8")
    assert "pricing/files/one.toml is not as it was fitted" in coefficients.changed()
