"""paths: what the market might have shown, by seed: states of a session, no prices of options.

Takes  coefficients or a history, a seed, a first day, years.
Gives  closes of SPX and of the VIX family for every session of the real calendar, a path a row;
       facts of them; a folder of data that is read like any other.
Never  prices an option, and never says that a path is data of a market.
"""
