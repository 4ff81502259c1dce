"""torture: scenarios worked by hand on an engine, as a table and as JSON.

Takes  verdicts of `runs.torture`.
Gives  one line a scenario; of a failure the first difference and the scenario's arithmetic.
Never  judges by itself.
"""
