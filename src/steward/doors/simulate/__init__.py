"""simulate: `steward simulate`, what it prints and writes.

Takes  words of a user.
Gives  tables in the terminal, one JSON document, a data folder or a table of paths, a page.
Never  simulates, prices or computes a fact by itself.
"""
