"""How fast a desk is, measured from outside: `make bench`, or `python -m bench --help`."""
