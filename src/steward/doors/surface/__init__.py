"""The door of surfaces: a chain is read, its surface fitted, printed and drawn.

Takes  a path with option quotes, a session, daily series for interest.
Gives  a table in the terminal, a JSON document, a page of one file.
Never  fits or prices itself, and never draws a poor fit without saying so.
"""
