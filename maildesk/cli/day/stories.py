"""The tickets of the day on which something happens: offers, limits, tests, calls, machines."""

from dataclasses import dataclass

from maildesk.cli.day.people import (
    ANNA,
    DESK,
    EMILY,
    JONAS,
    KERN,
    LENA,
    MIRA,
    MONITOR,
    MURAT,
    NEWS,
    PETRA,
    SEE,
    SOMMER,
    Person,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail of a story. `key` is the story's own name of the ticket.

    With `subject` it is a new mail; otherwise it answers the newest letter about the ticket that
    its writer got, or the newest of the purpose `to`. `orders` stand behind the subject.
    `auto`: no person wrote it.
    """

    at: str
    who: Person
    key: str
    text: str = ""
    subject: str = ""
    orders: str = ""
    to: str = ""
    auto: bool = False
    rcpt: str = DESK


STORIES = (
    # A Quickticket hoch of a customer who accepted the terms: due at 11:00, and nobody comes to it
    # before half and three quarters of that are over.
    Mail("08:20", JONAS, "sofa", "Hallo zusammen,\n\nim Shop steht das neue Sofa mit 19,90 statt 1.990 Euro. Drei Stück sind schon verkauft. Bitte sofort korrigieren!",
         subject="[Quickticket hoch] Falscher Preis im Shop"),
    Mail("10:35", LENA, "sofa", "", orders="#start"),
    Mail("10:50", LENA, "sofa", "Guten Tag Herr Weber,\n\nder Preis stimmt wieder. Die drei Bestellungen sind angehalten und noch nicht bestätigt; Sie können sie im Shop unter „Prüfen“ ablehnen.", orders="#stopp #zu", to="staff_new"),

    # A stranger wishes one: he is offered it, orders, and it is done.
    Mail("09:10", MIRA, "gehackt", "Guten Tag,\n\nunsere Website zeigt seit heute Nacht Werbung für Wetten. Ein Bekannter hat Sie empfohlen. Bitte helfen Sie uns schnell.",
         subject="[Quickticket hoch] Website gehackt"),
    Mail("09:21", MIRA, "gehackt", "BESTELLEN\n\nMira Stahl", to="quick_offer"),
    Mail("10:10", MURAT, "gehackt", "Guten Tag Frau Stahl,\n\ndie Werbung ist weg. Eingedrungen ist man über ein veraltetes Formular; es ist ersetzt, alle Passwörter sind neu (kommen per Post). Wir haben außerdem eine Sicherung angelegt.", orders="#zu +40m"),

    # Longer than an hour, and the customer is asked before it is.
    Mail("09:30", SEE, "umzug", "Guten Tag,\n\nwir würden unsere sechs Postfächer gern zu Ihnen umziehen. Geht das diese Woche?", subject="Umzug unserer Postfächer"),
    Mail("10:00", MURAT, "umzug", "Sechs Postfächer mit zusammen 41 GB. Kopieren, prüfen, umschalten: Das braucht etwa drei Stunden, verteilt auf heute und heute Nacht. Sie merken davon nichts.", orders="#freigabe 3h"),
    Mail("10:22", SEE, "umzug", "FREIGABE\n\nGregor See", to="approval_request"),
    Mail("15:20", MURAT, "umzug", "Guten Tag Herr See,\n\nalle sechs Postfächer sind umgezogen und geprüft. Am Handy bitte einmal das neue Passwort eingeben (liegt im Safe an der Rezeption).", orders="#zu +150m"),

    # Longer than an hour, and the agent forgets to ask: the desk does it for him.
    Mail("08:40", KERN, "lager", "Moin,\n\ndie Lagerzahlen im Shop stimmen nicht mehr mit der Kasse überein. Kannst du das angleichen?", subject="Lagerbestand stimmt nicht"),
    Mail("12:15", MURAT, "lager", "", orders="#start"),
    Mail("13:42", KERN, "lager", "ABLEHNEN", to="approval_request_auto"),
    Mail("14:05", LENA, "lager", "Hallo Theo,\n\n212 von 240 Artikeln stimmen jetzt mit der Kasse überein. Die übrigen 28 haben dort keine Nummer; die Liste liegt im Austausch.", to="staff_decided"),
    Mail("16:30", KERN, "lager", "STAND"),

    # Delivered on the test system, two defects, rework for free, accepted, live.
    Mail("08:10", JONAS, "kasse", "Hallo,\n\nan der Kasse soll man eine zweite Lieferadresse angeben können, für Geschenke.", subject="Kasse: Lieferung an zweite Adresse"),
    Mail("11:10", LENA, "kasse", "An der Kasse gibt es jetzt „An eine andere Adresse liefern“. Die Rechnung geht weiter an die erste.", orders="+50m #abnahme https://test.moebel-weber.example/kasse"),
    Mail("13:10", JONAS, "kasse", "Hallo Frau Vogt,\n\nzwei Dinge: Die Postleitzahl wird nicht geprüft, und in der Bestätigung steht die falsche Adresse.", to="acceptance_request"),
    Mail("13:25", LENA, "kasse", "Postleitzahl wird nicht geprüft; Bestätigung nennt die falsche Adresse.", orders="#mangel"),
    Mail("14:30", LENA, "kasse", "Beide Punkte sind behoben: Die Postleitzahl wird geprüft, die Bestätigung nennt die Lieferadresse.", orders="+20m #abnahme https://test.moebel-weber.example/kasse"),
    Mail("15:21", JONAS, "kasse", "ABNAHME\n\nJonas Weber", to="acceptance_request"),
    Mail("15:40", LENA, "kasse", "Guten Tag Herr Weber,\n\ndie neue Kasse ist live.", orders="#live"),

    # Somebody who may not order wishes a Quickticket; whoever may is asked.
    Mail("12:40", PETRA, "logo", "Auf dem Lieferschein ist noch das alte Logo. Der Spediteur kommt morgen früh.", subject="[Quickticket] Altes Logo auf dem Lieferschein"),
    Mail("12:58", JONAS, "logo", "BESTELLEN", to="quick_offer"),
    Mail("14:10", LENA, "logo", "Guten Tag Frau Lang,\n\nder Lieferschein trägt das neue Logo.", orders="#zu +15m"),

    # An offer that is taken as a normal ticket.
    Mail("11:15", EMILY, "euro", "Hello,\n\nthe checkout shows euros to British customers.", subject="[Quickticket] Checkout shows the wrong currency"),
    Mail("11:50", EMILY, "euro", "NORMAL", to="quick_offer"),
    Mail("14:55", LENA, "euro", "Hello Emily,\n\npounds are back. The shop guessed the country from the language of the browser; now it asks the address.", orders="#close +25m"),

    # A contract, and what goes beyond it.
    Mail("07:42", ANNA, "formular", "Guten Tag,\n\nseit heute Morgen kommt über unser Kontaktformular nichts mehr an.", subject="Kontaktformular sendet nicht mehr"),
    Mail("09:20", LENA, "formular", "Guten Tag Frau Berger,\n\ndas Formular sendet wieder. Es lag am Spamfilter; die drei Anfragen von heute Nacht habe ich Ihnen nachgeschickt.", orders="#zu +25m #vertrag"),
    Mail("11:55", ANNA, "advent", "Guten Tag,\n\nfür den ersten Advent hätten wir gern die Startseite mit dem großen Kranz, wie letztes Jahr.", subject="Startseite zum Advent"),
    Mail("15:58", LENA, "advent", "Guten Tag Frau Berger,\n\ndie Startseite schaltet sich am Sonntag um 0 Uhr um; eine Vorschau liegt im Austausch.", orders="#zu +50m #vertrag"),

    # A question, and the ticket waits.
    Mail("09:58", SOMMER, "akte", "Sehr geehrte Damen und Herren,\n\ndie Suche in den Akten findet seit gestern nichts mehr.", subject="Suche in den Akten"),
    Mail("10:30", MURAT, "akte", "Sehr geehrte Frau Dr. Sommer,\n\nbetrifft es alle Akten oder nur die neuen?", orders="#warte 2t +5m"),
    Mail("13:55", SOMMER, "akte", "Nur die von gestern und heute."),
    Mail("14:35", MURAT, "akte", "Sehr geehrte Frau Dr. Sommer,\n\nder Index war seit gestern 17 Uhr angehalten. Er ist nachgeholt, die Suche findet alles.", orders="#zu +20m"),

    # A call; nothing but her OK proves that the mail is Lena's.
    Mail("12:02", LENA, "kasse2", "Er druckt nur weiß. Rolle ist richtig herum drin.", subject="#anruf 12m see@hotel-seeblick.example Kassenterminal druckt keinen Beleg"),
    Mail("12:03", LENA, "kasse2", "OK", to="staff_held"),
    Mail("13:10", LENA, "kasse2", "Herr See fragt, ob bis dahin das alte Gerät geht. Ja, mit der alten Rolle.", orders="#anruf 4m see@hotel-seeblick.example", to="staff_call"),
    Mail("13:33", LENA, "kasse2", "Guten Tag Herr See,\n\nder Druckkopf ist defekt, der Hersteller tauscht das Gerät morgen vor 10 Uhr.", orders="#zu +5m", to="staff_call"),

    # Machines.
    Mail("06:30", NEWS, "", "Die Werkzeug-Post vom Dienstag: zehn Angebote.", subject="Angebote der Woche", auto=True),
    Mail("08:17", EMILY, "plain2", "I am out of the office until noon and will read your message then.", auto=True),
    Mail("09:33", MONITOR, "platte", "web3: disk /var is 95 % full", subject="CRITICAL web3 disk", auto=True),
    Mail("09:52", MURAT, "platte", "Alte Sicherungen gelöscht, 61 % frei.", orders="#notiz #mir +10m", to="staff_new"),
    Mail("09:54", MURAT, "platte", "Alte Sicherungen gelöscht, 61 % frei.", orders="#notiz #zu +10m", to="staff_new"),
)  # fmt: skip
