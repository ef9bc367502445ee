"""The grammar of staff mails: what is a command, what it takes, and what the agent added himself."""
