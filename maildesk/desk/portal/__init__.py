"""The service area: who is signed in, what a customer sees of his tickets, what he sends from there.

To look is one read transaction a page; to act is one transaction, or a mail as any other (`post`).
"""
