"""One day of a made-up desk: its people, what they write, and what each of them gets.

It may import what `cli` may. It decides nothing: everything goes through the desk as mail does.
"""
