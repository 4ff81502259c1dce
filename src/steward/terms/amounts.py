"""Whole numbers out of exact ones: one way to round an amount that is shown."""

from __future__ import annotations


def nearest(amount: int, parts: int) -> int:
    """The whole number nearest to `amount` over `parts`; a half goes away from zero.

    So 5 over 2 gives 3 and -5 over 2 gives -3: a gain and a loss of one size read alike, and no
    amount reads smaller than half of it would. Exact for whole numbers of any size.
    parts  above 0
    """
    found = (2 * abs(amount) + parts) // (2 * parts)
    return found if amount >= 0 else -found


def whole_dollars(cents: int) -> int:
    """The dollars nearest to an amount in cents; half a dollar goes away from zero."""
    return nearest(cents, 100)
