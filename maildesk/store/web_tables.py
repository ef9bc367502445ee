"""The tables of the pages: links to sign in, sessions, what was sent from a page."""

from datetime import datetime

from sqlalchemy import Column, Index, Text, text
from sqlmodel import Field, SQLModel

from maildesk.store.columns import link, long_text, moment


class SignInRow(SQLModel, table=True):
    """A link to sign in. Of its token and of the browser that asked only the SHA-256 is kept.

    `address` is whom it was mailed to, in lower case. It is used once: `used_at`. `leads_to` is
    the page that he wanted to see, "" for none.
    """

    __tablename__ = "sign_in"
    __table_args__ = (
        Index("sign_in_of", "address", "made_at"),
        Index("sign_in_ends", "expires_at"),
    )
    token_sha256: str = Field(sa_column=Column(Text, primary_key=True))
    address: str
    browser_sha256: str = ""
    leads_to: str = ""
    made_at: datetime = moment()
    expires_at: datetime = moment()
    used_at: datetime | None = moment(nullable=True)


class SessionRow(SQLModel, table=True):
    """Somebody who is signed in, under the SHA-256 of what his browser carries.

    `address` is his, in lower case; `agent_id` is empty for everybody but agents. What he may do
    is looked up at each page: a contact may lose the service area, an agent may be disabled.
    """

    __tablename__ = "web_session"
    __table_args__ = (Index("web_session_of", "address"), Index("web_session_ends", "expires_at"))
    id_sha256: str = Field(sa_column=Column(Text, primary_key=True))
    address: str
    agent_id: int | None = link("agent.id", nullable=True)
    made_at: datetime = moment()
    seen_at: datetime = moment()
    expires_at: datetime = moment()


class FormRow(SQLModel, table=True):
    """What somebody wrote into the public form and has not confirmed from his mailbox yet.

    It becomes a mail (`inbound_id`) when he does, once.
    """

    __tablename__ = "web_form"
    __table_args__ = (Index("web_form_of", "address", "made_at"),
                      Index("web_form_ends", "expires_at"),)  # fmt: skip
    token_sha256: str = Field(sa_column=Column(Text, primary_key=True))
    address: str
    name: str = ""
    subject: str = ""
    words: str = long_text()
    language: str = ""
    made_at: datetime = moment()
    expires_at: datetime = moment()
    used_at: datetime | None = moment(nullable=True)
    inbound_id: int | None = link("inbound.id", nullable=True)


class PostRow(SQLModel, table=True):
    """What was sent from a page, once for each form that was shown (`once`), as a mail.

    `by` is the address or the login of who sent it. `outcome` is what the desk answered him, in
    words, where he is not mailed it; `refused`: it did not do what was asked.
    """

    __tablename__ = "web_post"
    __table_args__ = (
        Index("web_post_mail", "inbound_id", unique=True,
              sqlite_where=text("inbound_id IS NOT NULL"),
              postgresql_where=text("inbound_id IS NOT NULL")),
    )  # fmt: skip
    once: str = Field(sa_column=Column(Text, primary_key=True))
    inbound_id: int | None = link("inbound.id", nullable=True)
    by: str = ""
    posted_at: datetime = moment()
    outcome: str = long_text()
    refused: bool = False
