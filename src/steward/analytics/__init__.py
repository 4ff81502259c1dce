"""analytics: how it went.

Takes  a journal, an equity table and a manifest.
Gives  trades, attributions and measures, each with the reason where a number is withheld.
Never  prices, decides, books, or prints a figure that the sample is too short for.
"""
