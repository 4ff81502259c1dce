"""model: the commands that measure the modelled market and fit it anew.

Takes  paths from the command line.
Gives  tables on the terminal, JSON, files of coefficients.
Never  does arithmetic of its own.
"""
