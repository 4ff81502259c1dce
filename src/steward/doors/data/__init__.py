"""data: the commands `steward data ...`, by which files and the public history reach a store.

Takes  paths and options of a user.
Gives  tables, JSON and pages about what was imported, and what is good in it.
Never  judges a row, opens a connection without being asked, or hides a file that was refused.
"""
