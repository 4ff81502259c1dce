"""stress: a book through named episodes and over a grid, as text, JSON and a page of one file.

Takes  what `runs.stress` found.
Gives  tables, a heat map, lines by session; every value says modelled.
Never  prices anything.
"""
