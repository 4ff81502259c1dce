"""studies: questions about rules that no single run of an account answers.

Takes  a market, rules and settings; settlement facts; levels that others publish.
Gives  results over many runs; indices rebuilt by their published rules, and how near they come.
Never  books money itself, decides a trade, or commits a level of somebody else's index to a table.
"""
