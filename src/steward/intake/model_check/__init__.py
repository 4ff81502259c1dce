"""model_check: how far the modelled market lies from any chain that can be imported.

Takes  chains (files, folders, a store) and the state of their days: published closes, or the VIX
       family that the chains themselves are worth by the formula.
Gives  differences of implied vol, price, width and index, every quote compared or counted.
Never  fits anything, and never keeps a quote, a price or an index level.
"""
