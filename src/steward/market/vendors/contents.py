"""What a file is that no layout knows, by its first bytes or its ending, and the way out."""

from __future__ import annotations

from collections.abc import Sequence

from steward.market.vendors.source import Head

CSV = "write its table as CSV and import that"
UNPACK = "unpack it and import what is in it"

BEGINNINGS: Sequence[tuple[bytes, str]] = (
    (b"%PDF", f"a PDF document; {CSV}"),
    (b"PK\x03\x04", f"a zip archive or a workbook; name it .zip, or {CSV}"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", f"a workbook of Excel (.xls); {CSV}"),
    (b"PAR1", f"a Parquet file with columns of no layout that Steward knows; {CSV}"),
    (b"ARROW1", f"a Feather (Arrow) file; {CSV}"),
    (b"FEA1", f"a Feather file; {CSV}"),
    (b"SQLite format 3\0", f"a database of SQLite; {CSV}"),
    (b"\x89HDF\r\n\x1a\n", f"an HDF5 file; {CSV}"),
    (b"\x80\x04\x95", "a pickle of Python, which may run programs and is never opened; write CSV"),
    (b"Rar!", f"a RAR archive; {UNPACK}"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; name it .7z"),
    (b"\x1f\x8b", "packed with gzip; name it .gz"),
    (b"BZh", f"packed with bzip2; {UNPACK}"),
    (b"\xfd7zXZ\0", f"packed with xz; {UNPACK}"),
    (b"\x28\xb5\x2f\xfd", f"packed with Zstandard; {UNPACK}"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
)
"""First bytes, and what a file is that has them."""

OF_R = (b"RDX2\n", b"RDX3\n", b"RDA2\n", b"RDA3\n")
R_ENDINGS = (".rda", ".rdata", ".rds")
R = "an R data file: write it as CSV"
"""R packs its files; unpacked ones begin with their format."""

UTF16 = "text in UTF-16; save it again as UTF-8"
SHOWN = 200
"""Bytes in which every second one is a NUL, where text is in UTF-16 without a mark."""


def kind_of(head: Head) -> str:
    """What the file is, to stand behind "is "; "" where nothing is known of it."""
    data = head.data
    if head.name.lower().endswith(R_ENDINGS) or data.startswith(OF_R):
        return R
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or _has_every_second_empty(data[:SHOWN]):
        return UTF16
    return next((said for signs, said in BEGINNINGS if data.startswith(signs)), "")


def _has_every_second_empty(data: bytes) -> bool:
    pairs = len(data) // 2
    sides = (data[: 2 * pairs : 2], data[1 : 2 * pairs : 2])
    return pairs > 1 and any(not any(one) and all(other) for one, other in (sides, sides[::-1]))
