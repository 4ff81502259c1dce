"""orders: what exactly to send.

Takes  intents, quotes of the decision's session, limits and thresholds as arguments.
Gives  whole contracts; orders with a limit and a worst price; the margin that a book needs.
Never  knows how an order is filled, holds a threshold of a rule, or decides what to want.
"""
