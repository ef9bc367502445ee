"""P7: what we confirm to a stranger carries no word, link or domain that he wrote."""

from tests.promises.mails import load

NOT_OURS = ("pills", "casino", "5000", "http", "www", "jackpot", "deposit", "bait", "://")


def test_p07_a_stranger_cannot_advertise_through_us(desk):
    desk.receive(load("p07_advert"))
    (letter,) = [each for each in desk.new_letters() if each.rcpt_to == "victim@elsewhere.example"]
    message = letter.message
    subject = str(message["Subject"])
    # The thread of a mail program is made of its own ids; no program shows them.
    shown = {name for name in message if name not in ("Message-ID", "In-Reply-To", "References")}
    said = [str(value) for name in shown for value in message.get_all(name)]
    said += [
        str(part.get_content()) for part in message.walk() if part.get_content_maintype() == "text"
    ]
    for words in said:
        assert not [word for word in NOT_OURS if word in words.lower()], words
    assert "Your parcel waits" in subject, "what is left of it may be told"
    title = subject.partition("] ")[2]
    assert len(title) <= 80
    assert [part.get_content_type() for part in message.walk()].count("text/plain") == 1
    assert not list(message.iter_attachments())
    assert str(message["To"]) == "victim@elsewhere.example", "not the name that he gave the victim"
