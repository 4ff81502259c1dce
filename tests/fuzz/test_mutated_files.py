"""Files of every layout, mutated: kept, set aside, unreadable, elsewhere, or the file refused."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steward.intake.importing import import_paths
from steward.market.vendors.registry import layouts
from steward.market.vendors.series.declined import Declined

from . import check
from .mutations import EVERY as EVERY_MUTATION
from .mutations import Choices, Mutation, mutated
from .samples import SAMPLES, Sample

EVERY = pytest.mark.parametrize("sample", SAMPLES.values(), ids=list(SAMPLES))
choices = st.randoms(use_true_random=False)


def test_every_layout_has_a_sample() -> None:
    read = {layout.name for layout in layouts() if not isinstance(layout, Declined)}
    assert read == set(SAMPLES)


@EVERY
def test_the_sample_itself_is_kept(sample: Sample, tmp_path: Path) -> None:
    record = check.imported(sample, sample.data, tmp_path).record
    assert record is not None
    assert record.layout == sample.layout
    assert record.kept >= 1
    assert not record.unreadable
    assert import_paths([tmp_path / sample.name], tmp_path / "store", hints=sample.hints).known


@EVERY
@settings(max_examples=8)
@given(choices=choices)
def test_a_mutated_file(sample: Sample, choices: Choices) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check.imported(sample, mutated(sample.data, choices), Path(folder))


@pytest.mark.slow
@EVERY
@settings(max_examples=50)
@given(choices=choices)
def test_a_mutated_file_longer(sample: Sample, choices: Choices) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check.imported(sample, mutated(sample.data, choices), Path(folder))


@pytest.mark.parametrize("mutate", dict.fromkeys(EVERY_MUTATION), ids=lambda one: one.__name__)
@given(data=st.binary(max_size=40), choices=choices)
@settings(max_examples=20)
def test_a_mutation_takes_any_bytes(mutate: Mutation, data: bytes, choices: Choices) -> None:
    assert isinstance(mutate(data, choices), bytes)


def test_the_check_sees_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reading that is a cent off, or one line off, does not pass the second reading."""
    sample = SAMPLES["optopsy"]
    quotes = check.quotes_of

    for name, shift in (("bid", 0.01), ("line", 1)):
        with monkeypatch.context() as patch:
            patch.setattr(
                check,
                "quotes_of",
                lambda *of, name=name, shift=shift: quotes(*of).with_columns(
                    quotes(*of)[name] + shift
                ),
            )
            (folder := tmp_path / name).mkdir()
            with pytest.raises(AssertionError, match="the store has"):
                check.imported(sample, sample.data, folder)
