"""index: a rebuilt strategy index as text, JSON, a table of levels, and a page of one file.

Takes  what `studies.indices` found.
Gives  levels, yearly returns, differences to published levels; everything labelled.
Never  prices anything, or writes a published level anywhere but into the page asked for.
"""
