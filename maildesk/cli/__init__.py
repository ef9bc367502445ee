"""The commands an operator types, one module for each noun.

May import everything; heavy imports stand inside the functions, so that `--help` is quick.
Never decides: a command calls `desk` and shows what came back.
"""
