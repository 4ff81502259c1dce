"""chains: one module a vendor of option quotes; each has a `LAYOUT` (or `LAYOUTS`).

Takes  a file of that vendor.
Gives  rows as `tables.ROWS` has them, in the vendor's own units, sentinels as nulls.
Never  judges a quote, infers a settlement, or scales a greek: that is the same for all vendors.
"""
