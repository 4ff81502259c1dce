"""doors.slippage: the command `steward slippage`: what the result is at other costs of filling.

Takes  words of the command line.
Gives  a table, a page with a chart, or one JSON document.
Never  runs a rule itself, or does arithmetic on money.
"""
