"""intake: how files become a store, and a market that one can trust.

Takes  files and archives of vendors; a data folder, a store, or the embedded default.
Gives  a store; a market: history and quotes, hashes, what a page must say; checks of both.
Never  decides what to trade, changes a price, or hides a row that was not believed.
"""
