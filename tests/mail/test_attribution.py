"""What introduces the answered message, as the programs of the world write it."""

import pytest

from maildesk.mail.quote import own_words, without_quotes

# Above each stands an answer, below it a quote: with marks (">"), without them, or either way.
MARKED, PLAIN = ">", ""
BOTH = (MARKED, PLAIN)
ATTRIBUTIONS = [
    # attribution                                                                    marks   program
    ("Am 04.03.24 um 10:11 schrieb Eva Maier:",                                      BOTH,   "Thunderbird"),
    ("On 04/03/2024 10:11, Eva Maier wrote:",                                        BOTH,   "Thunderbird"),
    ("Le 04/03/2024 à 10:11, Eva Maier a écrit :",                                   BOTH,   "Thunderbird"),
    ("El 4/3/24 a las 10:11, Eva Maier escribió:",                                   BOTH,   "Thunderbird"),
    ("Il 04/03/2024 10:11, Eva Maier ha scritto:",                                   BOTH,   "Thunderbird"),
    ("Op 04-03-2024 om 10:11 schreef Eva Maier:",                                    BOTH,   "Thunderbird"),
    ("Den 2024-03-04 kl. 10:11, skrev Eva Maier:",                                   BOTH,   "Thunderbird"),
    ("Den 04.03.2024 kl. 10.11 skrev Eva Maier:",                                    BOTH,   "Thunderbird"),
    ("Eva Maier kirjoitti 4.3.2024 klo 10.11:",                                      BOTH,   "Thunderbird"),
    ("W dniu 04.03.2024 o 10:11, Eva Maier pisze:",                                  BOTH,   "Thunderbird"),
    ("Dne 04. 03. 24 v 10:11 Eva Maier napsal(a):",                                  BOTH,   "Thunderbird"),
    ("Dňa 4. 3. 2024 o 10:11 Eva Maier napísal(a):",                                 BOTH,   "Thunderbird"),
    ("Em 04/03/2024 10:11, Eva Maier escreveu:",                                     BOTH,   "Thunderbird"),
    ("Às 10:11 de 04/03/2024, Eva Maier escreveu:",                                  BOTH,   "Thunderbird"),
    ("04.03.2024 10:11, Eva Maier пишет:",                                           BOTH,   "Thunderbird"),
    ("在 2024/3/4 10:11, Eva Maier 写道:",                                            BOTH,   "Thunderbird"),
    ("2024-03-04 오전 10:11에 Eva Maier 이(가) 쓴 글:",                                BOTH,   "Thunderbird"),
    ("2024. 03. 04. 10:11 keltezéssel, Eva Maier írta:",                             BOTH,   "Thunderbird"),
    ("Eva Maier, 04.03.2024 10:11 tarihinde yazdı:",                                 BOTH,   "Thunderbird"),
    ("Στις 4/3/2024 10:11, ο/η Eva Maier έγραψε:",                                   BOTH,   "Thunderbird"),
    ("Am Mo., 4. März 2024 um 10:11 Uhr schrieb Eva Maier <eva@maier.example>:",     BOTH,   "Gmail"),
    ("Am Mo., 4. März 2024 um 10:11 Uhr schrieb Eva Maier <\neva@maier.example>:",   BOTH,   "Gmail"),
    ("On Mon, Mar 4, 2024 at 10:11 AM Eva Maier <eva@maier.example> wrote:",         BOTH,   "Gmail"),
    ("On Mon, Mar 4, 2024 at 10:11 AM Eva Maier of the Very Long Company\n<eva@maier.example>\nwrote:", BOTH, "Gmail"),
    ("Le lun. 4 mars 2024 à 10:11, Eva Maier <eva@maier.example> a écrit :",         BOTH,   "Gmail"),
    ("El lun, 4 mar 2024 a las 10:11, Eva Maier (<eva@maier.example>)\nescribió:",   BOTH,   "Gmail"),
    ("Il giorno lun 4 mar 2024 alle ore 10:11 Eva Maier <eva@maier.example> ha\nscritto:", BOTH, "Gmail"),
    ("Op ma 4 mrt 2024 om 10:11 schreef Eva Maier <eva@maier.example>:",             BOTH,   "Gmail"),
    ("Den mån 4 mars 2024 kl 10:11 skrev Eva Maier <eva@maier.example>:",            BOTH,   "Gmail"),
    ("man. 4. mars 2024 kl. 10:11 skrev Eva Maier <eva@maier.example>:",             BOTH,   "Gmail"),
    ("ma 4. maalisk. 2024 klo 10.11 Eva Maier (eva@maier.example) kirjoitti:",       BOTH,   "Gmail"),
    ("pon., 4 mar 2024 o 10:11 Eva Maier <eva@maier.example> napisał(a):",           BOTH,   "Gmail"),
    ("po 4. 3. 2024 v 10:11 odesílatel Eva Maier <eva@maier.example> napsal:",       BOTH,   "Gmail"),
    ("Em seg., 4 de mar. de 2024 às 10:11, Eva Maier <eva@maier.example> escreveu:", BOTH,   "Gmail"),
    ("Eva Maier <eva@maier.example> escreveu (segunda, 4/03/2024 à(s) 10:11):",      BOTH,   "Gmail"),
    ("пн, 4 мар. 2024 г. в 10:11, Eva Maier <eva@maier.example>:",                   BOTH,   "Gmail"),
    ("Eva Maier <eva@maier.example>, 4 Mar 2024 Pzt, 10:11 tarihinde şunu yazdı:",   BOTH,   "Gmail"),
    ("пн, 4 бер. 2024 р. о 10:11 Eva Maier <eva@maier.example> пише:",               BOTH,   "Gmail"),
    ("Eva Maier <eva@maier.example> ezt írta (időpont: 2024. márc. 4., H, 10:11):",  BOTH,   "Gmail"),
    ("În lun., 4 mar. 2024 la 10:11, Eva Maier <eva@maier.example> a scris:",        BOTH,   "Gmail"),
    ("Vào Th 2, 4 thg 3, 2024 vào lúc 10:11 Eva Maier <eva@maier.example> đã viết:", BOTH,   "Gmail"),
    ("Eva Maier <eva@maier.example> 于2024年3月4日周一 10:11写道：",                    BOTH,   "Gmail"),
    ("2024年3月4日(月) 10:11 Eva Maier <eva@maier.example>:",                         BOTH,   "Gmail"),
    ("2024년 3월 4일 (월) 오전 10:11, Eva Maier <eva@maier.example>님이 작성:",          BOTH,   "Gmail"),
    ("2024-03-04 10:11 GMT+01:00 Eva Maier <\neva@maier.example>:",                  BOTH,   "Gmail, before 2018"),
    ("Am 04.03.2024 um 10:11 schrieb Eva Maier <eva@maier.example>:",                BOTH,   "Apple Mail"),
    ("> Am 04.03.2024 um 10:11 schrieb Eva Maier <eva@maier.example>:\n>",           MARKED, "Apple Mail, inside"),
    ("On 4 Mar 2024, at 10:11, Eva Maier <eva@maier.example> wrote:",                BOTH,   "Apple Mail"),
    ("Le 4 mars 2024 à 10:11, Eva Maier <eva@maier.example> a écrit :",              BOTH,   "Apple Mail"),
    ("Wiadomość napisana przez Eva Maier <eva@maier.example> w dniu 4 mar 2024, o godz. 10:11:", BOTH, "Apple Mail"),
    ("No dia 04/03/2024, às 10:11, Eva Maier <eva@maier.example> escreveu:",         BOTH,   "Apple Mail"),
    ("4 mars 2024 kl. 10:11 skrev Eva Maier <eva@maier.example>:",                   BOTH,   "Apple Mail"),
    ("4. 3. 2024 v 10:11, Eva Maier <eva@maier.example>:",                           BOTH,   "Apple Mail"),
    ("2024/03/04 10:11、Eva Maier <eva@maier.example>のメール:",                        BOTH,   "Apple Mail"),
    ("在 2024年3月4日，10:11，Eva Maier <eva@maier.example> 写道：",                     BOTH,   "Apple Mail"),
    ("Op 4 mrt. 2024 om 10:11 heeft Eva Maier <eva@maier.example> het volgende\ngeschreven:", BOTH, "Apple Mail"),
    ("Am Montag, 4. März 2024 um 10:11:12 MEZ hat Eva Maier <eva@maier.example> Folgendes geschrieben:", BOTH, "Yahoo"),
    ("On Monday, 4 March 2024 at 10:11:12 CET, Eva Maier <eva@maier.example> wrote:", BOTH,  "Yahoo"),
    ("Am 2024-03-04 10:11, schrieb Eva Maier:",                                      BOTH,   "Roundcube"),
    ("Eva Maier schreef op 2024-03-04 10:11:",                                       BOTH,   "Roundcube"),
    ("Eva Maier писал 2024-03-04 10:11:",                                            BOTH,   "Roundcube"),
    ("Zitat von Eva Maier <eva@maier.example>:",                                     BOTH,   "Horde"),
    ("Quoting Eva Maier <eva@maier.example>:",                                       BOTH,   "Horde"),
    ("---- On Mon, 04 Mar 2024 10:11:12 +0100 Eva Maier <eva@maier.example> wrote ----", MARKED, "Zoho"),
    ("Eva Maier <eva@maier.example> schrieb am 04.03.2024 10:11:12:",                BOTH,   "Notes"),
    ("Eva Maier wrote on 03/04/2024 10:11:12 AM:",                                   BOTH,   "Notes"),
    ("-----Eva Maier <eva@maier.example> wrote: -----",                              BOTH,   "iNotes"),
    ("Eva Maier schrieb:",                                                           MARKED, "others, marked"),
    ("-----Ursprüngliche Nachricht-----",                                            PLAIN,  "Outlook"),
    ("-------- Originalnachricht --------\nVon: Eva Maier",                          PLAIN,  "Samsung"),
    ("-------- Message d'origine --------",                                          PLAIN,  "Samsung"),
    ("-----Mensagem original-----",                                                  PLAIN,  "Outlook"),
    ("-----Wiadomość oryginalna-----",                                               PLAIN,  "Outlook"),
    ("---------- Původní zpráva ----------",                                         PLAIN,  "Seznam"),
    ("-------- Исходное сообщение --------",                                         PLAIN,  "Thunderbird"),
    ("------------------ 原始邮件 ------------------",                                 PLAIN,  "QQ"),
    ("-----Opprinnelig melding-----",                                                PLAIN,  "Outlook"),
    ("-------- Alkuperäinen viesti --------",                                        PLAIN,  "Samsung"),
    ("Original Message\nFrom: Eva <eva@maier.example>\nSent: today",                 PLAIN,  "a bare title"),
    ("Fra: Eva Maier\nSendt: 4. mars 2024 10:11\nTil: Anna\nEmne: Re: x",            PLAIN,  "Outlook"),
    ("Från: Eva Maier\nSkickat: den 4 mars 2024 10:11\nTill: Anna\nÄmne: Sv: x",     PLAIN,  "Outlook"),
    ("De : Eva Maier\nEnvoyé : lundi 4 mars 2024 10:11\nÀ : Anna\nObjet : Re: x",    PLAIN,  "Outlook"),
    ("Lähettäjä: Eva Maier\nLähetetty: 4. maaliskuuta 2024\nVastaanottaja: Anna\nAihe: x", PLAIN, "Outlook"),
    ("Od: Eva Maier\nOdesláno: pondělí 4. března 2024\nKomu: Anna\nPředmět: x",      PLAIN,  "Outlook"),
    ("От: Eva Maier\nОтправлено: 4 марта 2024 г.\nКому: Anna\nТема: x",              PLAIN,  "Outlook"),
    ("发件人: Eva Maier\n发送时间: 2024年3月4日\n收件人: Anna\n主题: x",                  PLAIN,  "Outlook"),
    ("差出人: Eva Maier\n送信日時: 2024年3月4日\n宛先: Anna\n件名: x",                    PLAIN,  "Outlook"),
    ("보낸 사람: Eva Maier\n보낸 날짜: 2024년 3월 4일\n받는 사람: Anna\n제목: x",            PLAIN,  "Outlook"),
    ("*Von:* Eva Maier [mailto:\n eva@maier.example]\n*Gesendet:* heute\n*An:* Anna\n*Betreff:* x", PLAIN, "bold"),
    ("Von:        Eva Maier/ACME\nAn:        Anna/ACME\nDatum:        04.03.2024 10:11\nBetreff:        x", PLAIN, "Notes"),
    ("Date: Mon, 4 Mar 2024 10:11:12 +0100\nTo: anna@firm.example\nSubject: x",      PLAIN,  "no sender"),
    ("====\n\nMessage du : 04/03/2024 10:11\nDe : Eva Maier\nA : Anna\nSujet : x",   PLAIN,  "Orange"),
    ("From: Eva <eva@maier.example> Date: Mon, 4 Mar 2024 10:11:12 +0100",           PLAIN,  "fields in one line"),
    ("Début du message réexpédié :",                                                 PLAIN,  "Apple Mail"),
]  # fmt: skip
CASES = [(said, mark, why) for said, marks, why in ATTRIBUTIONS for mark in (marks or ("",))]
ANSWER = "Ja, das passt uns gut.\nBitte am 3. Mai."


@pytest.mark.parametrize(("said", "mark", "why"), CASES)
def test_an_answer_above_a_quote(said: str, mark: str, why: str) -> None:
    quote = f"{mark} Passt es am 3. Mai?".strip()
    for gap in ("\n", "\n\n"):
        text = f"{ANSWER}\n\n{said}{gap}{quote}\n"
        assert own_words(text, "", is_reply=True) == ANSWER, why


@pytest.mark.parametrize("said", [said for said, mark, _ in CASES if mark == MARKED])
def test_an_answer_below_a_quote(said: str) -> None:
    text = f"{said}\n> Passt es?\n\n{ANSWER}"
    assert own_words(text, "", is_reply=True) == ANSWER
    assert without_quotes(text) == ANSWER, "and where it is asked for without any quote"


PROSE = [
    ("Am Montag um 10:15 schrieb mir der Hoster:\nDer Server steht.",      "somebody wrote to me"),
    ("Ich schrieb Ihnen am 3.3.2024 um 10:11:\nBitte anrufen.",            "it was I"),
    ("He wrote to a@b.example on 3/3/2024:\nPlease call.",                 "somebody wrote to somebody"),
    ("On this day\n\nI wrote something\n\nwhich was good.",                "no attribution at all"),
    ("Wir brauchen bis 3.5.2024:\n- Papier\n- Tinte",                      "a date and a colon"),
    ("Bitte an anna@firm.example:\ndie Rechnung",                          "an address and a colon"),
    ("Von: Berlin\nNach: Köln\nWann: morgen",                              "a form"),
    ("Datum: morgen\nAn: alle",                                            "another"),
    ("Betreff: Drucker\nEr geht nicht.",                                   "one field"),
    ("Original:\nblau, nun rot",                                           "the bare word is prose"),
    ("- Milch\n- Brot\n\n-Butter",                                         "a list"),
    ("Gesendet haben wir es am Montag vom Lager aus.",                     "no footer"),
    ("Sent from my desk, which is far from the office phone.",             "nor here"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "why"), PROSE)
def test_prose_stays_whole(text: str, why: str) -> None:
    assert own_words(text, "", is_reply=True) == text, why
    assert own_words(f"Hallo,\n\n{text}\n\nGruß", "", is_reply=True) == f"Hallo,\n\n{text}\n\nGruß"


def test_the_line_above_an_attribution_stays() -> None:
    for above in (
        "Wir hatten 3 Fragen dazu",
        "Am 3.3. haben wir das versucht",
        "to test this in 2 weeks",
    ):
        for said in (
            "Eva Maier <eva@maier.example> schrieb:",
            "Am 04.03.24 um 10:11 schrieb Eva Maier:",
            'Op 4 mrt 2024 10:11 schreef "Eva Maier" <eva@maier.example> het\nvolgende geschreven:',
        ):
            text = f"Guten Tag\n{above}\n{said}\n> Passt es?"
            assert own_words(text, "", is_reply=True) == f"Guten Tag\n{above}", said
