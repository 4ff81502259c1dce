from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from steward.doors.report.sentences import pack, unpack

TEXT = st.text(alphabet="ab |_%.,-+−$#0159é\n", max_size=25)


@given(st.lists(st.one_of(st.none(), TEXT), max_size=12))
def test_every_sentence_comes_back_as_it_was(sentences: list[str | None]) -> None:
    """Also those with the signs that separate, after a way through JSON."""
    packed = json.loads(json.dumps(pack(sentences)))
    assert [unpack(packed, row) for row in range(len(sentences))] == sentences


def test_a_wording_stands_once_and_only_what_varies_is_repeated() -> None:
    """Constants (252, 2) go into the wording, the twin of a number is written once."""
    said = [
        "off: vix_z_252 0.45 [VIX], again 0.45; on at 2",
        None,
        "off: vix_z_252 -1.3 [VIX], again -1.3; on at 2",
    ]
    packed = pack(said)
    assert len(packed["wordings"]) == 1
    assert packed["of"] == [0, -1, 0]
    assert packed["numbers"] == "0.45||-1.3"
    assert packed["wordings"][0]["slots"] == [0, 0]


def test_a_day_is_one_number() -> None:
    packed = pack(["roll VIX 2014-10-22 20 C", "roll VIX 2015-01-21 26 C"])
    assert packed["numbers"] == "2014-10-22 20|2015-01-21 26"
