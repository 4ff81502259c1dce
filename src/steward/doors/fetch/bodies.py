"""What a host sends: unpacked within bounds, and told from a web page."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping

from steward.terms.errors import StewardError

BLOCK = 256 * 1024


class Broken(Exception):  # noqa: N818 - a state of a download; no user sees it
    """A download that did not come to its end; worth another try."""


def unpacked(blocks: Iterator[bytes], headers: Mapping[str, str]) -> Iterator[bytes]:
    """The content; a packed one a block at a time, so that a bomb meets the limit first."""
    packing = headers.get("Content-Encoding", "identity").strip().lower()
    if packing in ("identity", ""):
        yield from blocks
        return
    if packing not in ("gzip", "x-gzip"):
        raise StewardError(f"a body packed as {packing} cannot be unpacked")
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        for block in blocks:
            while block:
                if inflate.eof:  # a packed file may be several, one after the other
                    inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
                yield inflate.decompress(block, BLOCK)
                block = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
    except zlib.error:
        raise Broken("the packed file is damaged") from None
    if not inflate.eof:
        raise Broken("the packed file ends too early")


def is_page(head: bytes, headers: Mapping[str, str]) -> bool:
    begin = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:64].lower()
    said = headers.get("Content-Type", "").lower()
    return "text/html" in said or begin.startswith((b"<!doctype", b"<html", b"<head", b"<?xml"))
