"""market: what the world showed, and when it was known.

Takes  files of users and vendors.
Gives  a history whose every value has `known_at`, and a view of it at one moment.
Never  prices anything, computes an indicator, or lets a reader see past the moment.
"""
