"""The ordinary work of the day: a question or a fault, an answer, done. One row, one ticket."""

from dataclasses import dataclass

from maildesk.cli.day.people import (
    ANNA,
    BOEHM,
    EMILY,
    JONAS,
    KARL,
    KERN,
    PETRA,
    SEE,
    SOMMER,
    Person,
)


@dataclass(frozen=True, slots=True)
class Plain:
    """A mail at a time of day, and the answer that an agent gives it with his commands.

    Without `answered` nobody comes to it today.
    """

    at: str
    who: Person
    subject: str
    text: str
    answered: str = ""
    agent: str = "lena"
    orders: str = "#zu +10m"
    answer: str = ""


PLAIN = (
    Plain("07:48", BOEHM, "Passwort für das Postfach Empfang",
          "Guten Morgen,\n\nmein Outlook fragt seit heute nach dem Passwort und nimmt keines an.",
          "09:12", "murat", "#zu +10m",
          "Guten Morgen Frau Böhm,\n\ndas Postfach war nach fünf Versuchen gesperrt. Es ist wieder frei; das Passwort ist das alte."),
    Plain("08:03", KERN, "Öffnungszeiten im Winter",
          "Moin,\n\nab Montag haben wir nur noch bis 17 Uhr auf, Samstag bis 13 Uhr. Könnt ihr das auf die Seite nehmen?",
          "09:25", "lena", "#zu +10m",
          "Hallo Theo,\n\nsteht auf der Startseite, bei Google und in der Fußzeile."),
    Plain("08:15", EMILY, "Typo on the shipping page",
          "Hello,\n\nit says 'recieve' in the second paragraph on the shipping page. Could you fix that?",
          "09:40", "lena", "#close +5m",
          "Hello Emily,\n\nfixed, thank you for telling us. I found the same word in two e-mails and corrected it there too."),
    Plain("08:31", PETRA, "Neue Kollegin im Newsletter-Werkzeug",
          "Guten Morgen,\n\nFrau Celik (celik@moebel-weber.example) braucht einen Zugang, nur zum Schreiben.",
          "10:05", "murat", "#zu +15m",
          "Guten Morgen Frau Lang,\n\nder Zugang ist angelegt, Frau Celik hat eine Einladung bekommen. Versenden kann sie nicht."),
    Plain("08:50", SOMMER, "Impressum: neue Kammernummer",
          "Sehr geehrte Damen und Herren,\n\nbitte ändern Sie im Impressum die Kammernummer auf K-20417.",
          "10:20", "lena", "#zu +5m",
          "Sehr geehrte Frau Dr. Sommer,\n\ndie Nummer ist geändert, im Impressum und in der Datenschutzerklärung."),
    Plain("09:05", SEE, "Bild vom Frühstück ist unscharf",
          "Hallo,\n\nauf dem Handy ist das große Bild oben ganz matschig. Auf dem Rechner ist es gut.",
          "10:41", "lena", "#zu +20m",
          "Guten Tag Herr See,\n\ndas Handy bekam die kleinste Fassung. Jetzt bekommt es eine, die zu seinem Bildschirm passt."),
    Plain("09:22", KERN, "Rechnung 2261 nochmal als PDF",
          "Könnt ihr mir die Rechnung 2261 nochmal schicken? Der Steuerberater findet sie nicht.",
          "11:02", "murat", "#zu +5m", "Hallo Theo,\n\nkommt gleich in einer eigenen E-Mail."),
    Plain("09:47", JONAS, "Lieferzeit bei Sofas",
          "Hallo,\n\nbei allen Sofas bitte 6 bis 8 Wochen statt 4 bis 6.",
          "11:18", "lena", "#zu +15m",
          "Guten Tag Herr Weber,\n\nist geändert, bei 34 Artikeln und in der Bestellbestätigung."),
    Plain("10:02", BOEHM, "Drucker",
          "Der Drucker im Empfang druckt nur noch graue Streifen.",
          "11:30", "murat", "#zu +10m",
          "Guten Tag Frau Böhm,\n\ndas ist die Trommel. Eine neue ist bestellt und kommt am Donnerstag; bis dahin druckt das Gerät im Besprechungszimmer für Sie mit."),
    Plain("10:14", EMILY, "Google shows the old phone number",
          "Hello,\n\nwhen I search for us the number is still the London one. Can you change that?",
          "11:45", "lena", "#close +10m",
          "Hello Emily,\n\nit is changed in the business profile. Google usually shows it within a day."),
    Plain("10:33", SEE, "Zugang für die Reinigung zum WLAN",
          "Guten Tag,\n\ndie neue Reinigungsfirma braucht ein WLAN, aber bitte nicht unseres.",
          "12:10", "murat", "#zu +15m",
          "Guten Tag Herr See,\n\nes gibt jetzt ein Netz „Seeblick-Service“. Das Passwort habe ich Ihnen aufs Handy geschickt."),
    Plain("10:55", PETRA, "Foto von Team vertauscht",
          "Auf der Teamseite heißt Herr Otto wie Herr Adam und umgekehrt. Bitte tauschen, das gibt hier Ärger.",
          "12:25", "lena", "#zu +5m", "Guten Tag Frau Lang,\n\ngetauscht. Bitte richten Sie beiden Herren einen Gruß aus."),
    Plain("11:08", KERN, "Gutschein-Code geht nicht",
          "Der Code WINTER10 soll 10 % geben, gibt aber nichts.",
          "13:05", "lena", "#zu +15m",
          "Hallo Theo,\n\nder Code begann erst am 1. Dezember. Er gilt jetzt ab sofort."),
    Plain("11:20", ANNA, "Kranz-Kategorie",
          "Guten Tag,\n\nkönnen wir für den Advent eine Kategorie „Kränze“ bekommen? Die Artikel sind angelegt.",
          "13:20", "lena", "#zu +20m #vertrag",
          "Guten Tag Frau Berger,\n\ndie Kategorie steht im Menü an zweiter Stelle, mit allen 18 Kränzen."),
    Plain("11:42", SOMMER, "Kontaktformular: Feld Aktenzeichen",
          "Bitte ergänzen Sie ein freiwilliges Feld „Aktenzeichen“.",
          "13:48", "murat", "#zu +20m",
          "Sehr geehrte Frau Dr. Sommer,\n\ndas Feld ist da. In der E-Mail an Sie steht es in der ersten Zeile."),
    Plain("12:05", EMILY, "Two orders have the same number",
          "Hello,\n\norders 8812 and 8812 - really, twice. One from Leeds, one from York.",
          "14:02", "murat", "#close +25m",
          "Hello Emily,\n\nthe second one is 8813 now and both customers have the right confirmation. The shop gave the number away twice while the server restarted; that cannot happen again."),
    Plain("12:31", SEE, "Preise für Silvester",
          "Hallo,\n\nim Anhang... nein, ich schreibe es hier: DZ 189, EZ 139, Suite 289, ab zwei Nächten.",
          "14:20", "lena", "#zu +10m", "Guten Tag Herr See,\n\nsteht online, mit dem Hinweis auf zwei Nächte."),
    Plain("13:02", JONAS, "Cookie-Hinweis",
          "Hallo,\n\nder Cookie-Hinweis kommt bei jedem Klick neu.",
          "14:45", "murat", "#zu +25m",
          "Guten Tag Herr Weber,\n\nes lag am Wechsel zwischen www und ohne www. Jetzt merkt er sich Ihre Wahl."),
    Plain("13:15", KERN, "Ebay-Import", "Moin, der Import von Ebay hat gestern nur 3 statt 40 Artikel geholt.",
          "15:02", "murat", "#zu +25m",
          "Hallo Theo,\n\nEbay hat die Verbindung nach drei Artikeln getrennt. Ich habe ihn neu gestartet: 41 Artikel sind da."),
    Plain("13:40", BOEHM, "Ordner „Alte Mandate“ ist weg",
          "Hilfe, der Ordner ist weg! Gestern war er noch da.",
          "13:58", "murat", "#zu +15m",
          "Guten Tag Frau Böhm,\n\nkeine Sorge: Er war in den Ordner darüber gerutscht. Er liegt wieder, wo er war, vollständig."),
    Plain("14:05", PETRA, "PDF-Katalog zum Herunterladen",
          "Der neue Katalog (im Ordner Austausch) soll den alten ersetzen.",
          "15:30", "lena", "#zu +10m", "Guten Tag Frau Lang,\n\nder Katalog ist getauscht; alte Links führen zum neuen."),
    Plain("14:22", EMILY, "Black Friday banner",
          "Hello,\n\nplease put the banner live on Friday at midnight, and take it off on Monday evening.",
          "15:44", "lena", "#plan fr 09:00",
          "Hello Emily,\n\nit is planned; the shop does both by itself and I look at it on Friday morning."),
    Plain("14:40", SEE, "Bewertung beantworten", "Guten Tag,\n\nwo kann ich bei Google auf eine Bewertung antworten?",
          "15:55", "lena", "#zu +5m",
          "Guten Tag Herr See,\n\nin der Google-Suche nach Ihrem Hotel auf „Rezensionen“, dort unter jeder Bewertung auf „Antworten“."),
    Plain("15:10", KERN, "Versandkosten nach Österreich",
          "Wir schicken ab Dezember auch nach AT, 14,90. Kannst du das eintragen?",
          "16:10", "lena", "", "Hallo Theo,\n\neingetragen. Für die Schweiz auch?"),  # no time: the evening asks
    Plain("15:35", SOMMER, "Zwei-Faktor-Anmeldung",
          "Ich habe ein neues Telefon und komme nicht mehr in die Akten.",
          "15:50", "murat", "#zu +15m",
          "Sehr geehrte Frau Dr. Sommer,\n\nwie am Telefon abgesprochen: Das neue Gerät ist eingetragen, das alte abgemeldet."),
    Plain("16:02", ANNA, "Trauerfloristik: Preise",
          "Guten Tag,\n\ndie Preisliste für Trauerfloristik liegt im Austausch. Morgen genügt."),
    Plain("16:20", KARL, "Frage zu einem Shop", "Guten Tag,\n\nwas kostet bei Ihnen ein kleiner Online-Shop?"),
    Plain("17:25", JONAS, "Ausstellung am Samstag", "Hallo,\n\nbitte den Termin am Samstag (10 bis 16 Uhr) auf die Startseite nehmen."),
)  # fmt: skip
