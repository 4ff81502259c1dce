"""chains: one module a vendor of option quotes; each has a `LAYOUT` (or `LAYOUTS`).

Takes  a file of that vendor.
Gives  rows as `tables.ROWS` has them, or bars, in the vendor's own units, sentinels as nulls.
Never  judges a quote by what holds for all vendors, infers a settlement, or scales a greek.
"""
