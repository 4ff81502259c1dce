"""ledger: what happened to the money.

Takes  orders, the view of the session that fills them, settlement values, rates, deposits.
Gives  fills and refusals; the next book; the journal, one row an event; its postings; facts.
Never  decides what to trade, sizes an order, or lets an event pass that breaks a law.
"""
