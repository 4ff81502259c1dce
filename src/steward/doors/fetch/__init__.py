"""doors.fetch: free public data from their publishers into a store, and a chain of today.

Takes  the addresses of `sources.toml`, a store, the moment of the command.
Gives  raw files below STORE/raw, imported; what was fetched, was the same, was not there.
Never  asks twice for what it has, follows a redirect to another host, or stores a key.
"""
