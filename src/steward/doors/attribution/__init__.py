"""doors.attribution: the command `steward attribution`, where the money of a run went.

Takes  a run folder, a ledger, and by what to divide: purpose, instrument, year, month, rule.
Gives  a table that adds up to the gain, cent by cent; text, JSON or CSV.
Never  computes, rounds a sum apart from its parts, or leaves the residual out.
"""
