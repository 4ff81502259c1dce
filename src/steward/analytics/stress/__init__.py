"""stress: what a book would gain or lose in a shock, by the modelled market at the shocked state.

Takes  lots, a history up to one session, and paths or levels of SPX and VIX.
Gives  changes of model value in cents by purpose: along named episodes, and over a grid.
Never  trades, and never calls a value anything but modelled.
"""
