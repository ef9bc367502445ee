"""Invoices: drafted, numbered, built, frozen, mailed, paid; one transaction for each function."""
