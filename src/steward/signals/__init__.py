"""signals: what the market says today, one row a session.

Takes  a history.
Gives  a column a signal, each value with its age and one of four states.
Never  knows a threshold, a rule, or what a ledger holds.
"""
