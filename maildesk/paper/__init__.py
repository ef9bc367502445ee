"""Documents that we make: the pages of an invoice, its XML, a code to scan.

May know `rules`; never the database, the network or the clock.
"""
