"""torture: scenarios worked by hand, and whether an engine books them to the cent.

Takes  folders of CSV and TOML (`torture/README.md` describes them), an engine behind a protocol.
Gives  per scenario: passed, failed with the first difference, or not supported and why.
Never  computes an expected amount: those stand in the files, with the arithmetic in words.
"""
