"""Replies of an agent to a notice of ours, built as real mail programs build them.

Each program is a function that takes what was written and gives back the whole message. Their
structure is the real one (marks, encodings, order of the parts), their words are ours.
"""

from collections.abc import Callable

from tests.mails.replies import apple, outlook, thunderbird, web
from tests.mails.replies.written import Written

PROGRAMS: dict[str, Callable[[Written], bytes]] = {
    "Outlook": outlook.desktop,
    "Outlook on the web": outlook.on_the_web,
    "Outlook for iOS": outlook.for_ios,
    "Outlook for Android": outlook.for_android,
    "Apple Mail": apple.mail,
    "iPhone": apple.iphone,
    "Thunderbird": thunderbird.above,
    "Thunderbird below": thunderbird.below,
    "K-9 Mail": thunderbird.k9,
    "Gmail": web.gmail,
    "Gmail for Android": web.gmail_android,
    "GMX": web.gmx,
}
