"""What an invoice is: its contents, its number, its journal; what the law wants of it.

Pure, like all of `rules`; what work costs is decided in `rules.billing`.
"""
