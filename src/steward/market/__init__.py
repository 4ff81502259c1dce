"""market: what the world showed, and when it was known.

Takes  files of users and vendors; a store of them.
Gives  rows of a file; tables and cache of a store; a history whose every value has `known_at`, and
       a view of it at one moment.
Never  prices anything, computes an indicator, or lets a reader see past the moment.
"""
