"""Sample values for every letter: what templates are checked, previewed and tested with.

Knows the figures of `rules`; never a real ticket, a database or a template.
"""
