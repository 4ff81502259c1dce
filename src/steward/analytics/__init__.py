"""analytics: how it went, and what a book would lose in a shock.

Takes  a journal, an equity table and a manifest; for a shock, lots and a history.
Gives  trades, attributions and measures, each with the reason where a number is withheld; changes
       of modelled value under a shock.
Never  has a price of its own (a shock is repriced by pricing's modelled market), decides, books, or
       prints a figure that the sample is too short for.
"""
