"""What we decide: states, subjects, promises, who may write where, what a mail leads to.

May import `mail`. Time is an argument, aware and in UTC.
Never the database, the network, templates, the clock or the log.
"""
