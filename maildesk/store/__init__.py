"""What we keep: tables, transactions, questions to the database, migrations.

May import `rules` and `mail`, SQLModel and Alembic.
Never the network, and never decides.
"""
