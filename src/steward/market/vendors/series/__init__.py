"""series: one module a layout beside option quotes; each has a `LAYOUT` (or `LAYOUTS`).

Takes  a file of indices, funds, VX futures, rates, macro, breadth, calendars or settlements.
Gives  some columns of its table in `tables.SERIES`, and `line`; `market.series` adds the rest.
Never  judges a level or says when it was known where that is the same for all.
"""
