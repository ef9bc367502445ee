"""What we do: each public function is one transaction, for one item or a batch.

May import every room below it: `store`, `render`, `config`, `log`, `rules`, `mail`.
Never opens a socket, speaks HTTP, or renders and parses inside a transaction.
"""
