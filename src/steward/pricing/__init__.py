"""pricing: what an option should cost, and how that moves.

Takes  forwards, strikes, years, volatilities; a history up to a session; quotes of a chain.
Gives  premiums, implied vols, Greeks; modelled and enriched quotes, kept beside the cache of a
       store; what a trade costs now.
Never  decides, holds a position, reads a file of a user, or sees past the session asked for.
"""
