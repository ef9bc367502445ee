"""How mail reaches us and leaves: SMTP and LMTP, IMAP, pipes and files, the relay.

May import `desk`, `config`, `log` and `mail`.
Never sees a row; a door only translates.
"""
