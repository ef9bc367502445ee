"""What tests around invoice mails begin with: books whose invoices go to a chosen address."""

from dataclasses import replace
from typing import Any

from maildesk.config import Site
from maildesk.desk.context import policy_of
from maildesk.desk.invoices.issue import save_draft
from tests.desk.billed import BY, Books
from tests.desk.office import ANNA, Sent
from tests.paper.made import BUYER


class Post(Books):
    """Books that issue to `to`, and know the letters that went out."""

    def billed(self, minutes: int = 30, to: str = ANNA, **more: Any) -> str:
        """Issue an invoice over so many minutes to an address, and return its number."""
        ticket = self.worked(minutes)
        content = self.draft_of(ticket, **more).content
        assert content is not None
        drafted = replace(
            self.draft_of(ticket, **more), content=replace(content, buyer=replace(BUYER, email=to))
        )
        key = f"2026-11:1:{ticket}"
        draft = save_draft(self.desk, key, "2026-11", 1, drafted, BY, self.office.now)
        done = self.issue(draft)
        assert done.is_done, done
        return done.number

    def letter(self, number: str, purpose: str = "invoice") -> Sent:
        """Return the last letter about an invoice."""
        found = [
            each
            for each in self.office.letters()
            if each.purpose == purpose and number in str(each.message["Subject"])
        ]
        return found[-1]

    def set(self, **billing: Any) -> None:
        """Let the site have other settings of [billing]."""
        site: Site = self.desk.site
        site = site.model_copy(update={"billing": site.billing.model_copy(update=billing)})
        self.desk = replace(self.desk, site=site, policy=policy_of(site))
        self.office.use(self.desk)


def files_of(letter: Sent) -> dict[str, bytes]:
    """Return the files of a letter by name."""
    return {
        str(part.get_filename()): part.get_content() for part in letter.message.iter_attachments()
    }
