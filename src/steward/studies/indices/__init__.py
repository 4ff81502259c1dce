"""indices: Cboe's strategy indices by their published rules, as judges of quotes and settlements.

Takes  a history, a source of quotes, dividends; a file of published levels.
Gives  levels of CNDR, BFLY, PUT, BXM, PPUT and VXTH, their rolls; differences to what is published.
Never  uses the ledger, rounds to cents, or holds a published level.
"""
