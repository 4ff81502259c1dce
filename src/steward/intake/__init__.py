"""intake: how files become a market that one can trust.

Takes  a data folder or the embedded default, and real chain files where there are some.
Gives  a market: history and quotes, hashes of all files, what a page must say; a check of it.
Never  decides what to trade, mends a value, or hides a row that was not believed.
"""
