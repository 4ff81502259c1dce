"""studies: questions about rules that no single run of an account answers.

Takes  a history, quotes, settlement facts; levels that somebody published.
Gives  indices rebuilt by their published rules, in index points; how near they come to the levels.
Never  books money, keeps a ledger, or commits a level of somebody else's index to a table.
"""
