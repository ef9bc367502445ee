"""`maildesk` with the quick maker of tests: for commands whose documents nobody looks at."""

from contextlib import nullcontext

from maildesk.cli.main import run
from maildesk.desk.invoices import makers


def main() -> None:
    """Be `maildesk`, but for the maker: documents have the true XML, and no pages."""
    from tests.desk.billed import QuickMaker  # here: what other programs need not have in them

    makers.Makers = lambda _: nullcontext(QuickMaker())  # type: ignore[assignment,misc]
    run()
