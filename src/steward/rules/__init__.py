"""rules: what we would do about it.

Takes  a market view, a row of signals, facts of the book, and the memory of the session before.
Gives  a decision: intents, a trace record a rule, and the next memory.
Never  fills, books, keeps state of its own, or holds a threshold that is not in a rule file.
"""
