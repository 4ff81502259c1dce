"""vendors: one reader a file layout; what they give is the same whoever made the file.

Takes  a folder or a file as its vendor laid it out.
Gives  histories, series, futures and quotes, with what was not believed counted by reason.
Never  fills a gap, guesses a date format, or lets a malformed row pass for a missing value.
"""
