"""Pages for customers: HTTP in, HTML out.

May import desk, render and what lies below. Never touches rows, never decides.
"""
