"""What mail is, in the RFCs' words: bytes in, values out, and back again.

May import mail-parser, inscriptis, idna and the standard library's `email`.
Never the database, the network, templates, the clock, the log, or any other room.
"""
