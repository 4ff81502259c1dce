"""doors.ledger: the command `steward ledger`, the journal of a run for readers.

Takes  a run folder, what to look for, where to write.
Gives  rows in dollars and points, a trial balance, the heads of the chain; CSV and beancount.
Never  changes a row, or writes over a file that is there unless it is told to.
"""
