"""Ready-made subjects for the likeliest commands, to be copied out of a notice."""

from maildesk.rules.letters import TITLE_MAX, is_german


def ready_subjects(tag: str, title: str, is_mine: bool, locale: str) -> tuple[tuple[str, str], ...]:
    """Return three pairs: a subject to send, and what it does, for the agent who reads it.

    None for a title so long that mail programs would cut the command off.
    """
    if len(title) > TITLE_MAX:
        return ()
    german = is_german(locale)
    reply = f"[{tag}] {title}".rstrip()
    close, wait = ("#zu +15m", "#warte 3t") if german else ("#close +15m", "#wait 3d")
    mine = ("#start", "#start") if is_mine else ("#mir", "#me")
    take = mine[0 if german else 1]
    words = {
        "#mir": "Selbst übernehmen",
        "#me": "Take it yourself",
        "#start": "Zeiterfassung starten" if german else "Start the timer",
        "#zu +15m": "15 Minuten buchen und abschließen",
        "#close +15m": "Book 15 minutes and close",
        "#warte 3t": "Drei Arbeitstage auf den Kunden warten",
        "#wait 3d": "Wait for the customer, three working days",
    }
    return tuple((f"{reply} {orders}", words[orders]) for orders in (take, close, wait))
