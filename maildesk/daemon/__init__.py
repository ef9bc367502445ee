"""The programs that keep running: the whole desk (`serve`), or its pages alone (`pages`).

May import everything but the command line. Wires and watches; decides nothing about tickets.
"""
