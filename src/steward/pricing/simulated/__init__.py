"""simulated: prices of what is asked for on simulated paths.

Takes  states of paths; the modelled market, from which a quicker one is taken.
Gives  quotes of one path labelled simulated; VIX futures of a path; prices of condors, VIX calls,
       puts and futures on thousands of paths, with the error that the quicker way adds.
Never  says that such a price is a market's.
"""
