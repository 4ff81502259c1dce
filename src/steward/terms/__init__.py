"""terms: the words that every room uses.

Takes  nothing.
Gives  frozen records (contracts, trades, calendar days) and the errors.
Never  computes a price, reads market data, or imports anything but plain Python.
"""
