"""The two ways in which Steward stops on purpose."""

from __future__ import annotations


class StewardError(Exception):
    """Something the user can put right; the message says where, what and how (exit 2)."""


class LawBroken(Exception):  # noqa: N818 - a law that breaks is not a user's error
    """A law of the book was broken: a bug of ours, or data that cannot be true (exit 3).

    The message names the law, the ledger, the session and the event. A run that breaks a law
    writes no run folder.
    """

    def __init__(self, law: str, event: str) -> None:
        super().__init__(f"law broken ({law}): {event}")
        self.law = law
        self.event = event
