"""fit: the coefficients of the modelled market, from real quotes and closes.

Takes  a folder of real data (chains, VIX options, futures, indices), never packaged.
Gives  the files that `pricing` reads its coefficients from, with the hashes of what they were
       fitted on, and tables of errors in and out of sample.
Never  keeps a quote, a price or an index level: numbers fitted on them and differences alone.
"""
