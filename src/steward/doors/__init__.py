"""doors: where people come in.

Takes  words of a command line, calls from a notebook, records of runs.
Gives  text, pages, pictures, run folders, and downloads for a store.
Never  does arithmetic on money, holds a second default, or decides anything.
"""
