"""doors.vix: the command `steward vix`, an index from option quotes with every step.

Takes  two tables of quotes with minutes and rates; or a file or store of chains.
Gives  each step, the index, the whole family beside its published closes; text or JSON.
Never  computes, takes one expiry for another, or shows an index without its expiries.
"""
