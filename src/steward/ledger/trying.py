"""Orders that are offered once more: whole after a refusal, or what a part fill left over."""

from __future__ import annotations

from dataclasses import replace

from steward.terms.trades import Fill, Order


def again(order: Order, reason: str) -> Order:
    """The same order for the next session, one try less."""
    return replace(
        order,
        order_id=next_id(order.order_id),
        retry=order.retry - 1,
        reason=f"{order.reason} (tried again: {reason})",
    )


def rest_of(order: Order, fill: Fill) -> Order:
    """What a part fill left, one try less. What it opens is a structure of its own: it has another
    price and another maximum loss.
    """
    order_id = next_id(order.order_id)
    opens = not any(leg.lot_id for leg in order.legs)
    return replace(
        order,
        order_id=order_id,
        quantity=order.quantity - fill.units,
        retry=order.retry - 1,
        structure_id=f"{order.structure_id} +" if opens else order.structure_id,
        reason=f"{order.reason} (the rest: {fill.limited})",
    )


def next_id(order_id: str) -> str:
    """`.../2` after `.../1`: the tries of one intent are numbered."""
    stem, _, number = order_id.rpartition("/")
    return f"{stem}/{int(number) + 1}" if stem and number.isdigit() else f"{order_id}/2"
