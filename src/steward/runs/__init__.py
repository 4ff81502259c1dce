"""runs: the only room where time moves.

Takes  a market, rules, capital and flows of the owner.
Gives  a result (manifest, journal, equity, decisions), the plan of one session, a replay.
Never  prices, decides, books or measures by itself, and never reads the clock of the machine.
"""
