"""From minutes to money: the billing rules of PROCESS.md section 3.

May import the values of rules; exact decimals and whole minor units only, never a float. Never
reads a clock, a file or the database.
"""
