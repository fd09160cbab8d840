"""Names and traps in ten languages; all invented."""

from itertools import pairwise

import pytest

from raum_patterns.names import NameDetector
from raum_patterns.options import NameOptions

DETECTOR = NameDetector(NameOptions())


def found(text, detector=DETECTOR):
    return [finding.of(text) for finding in detector.find(text)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Hi Rebecca, the router is back", ["Rebecca"]),
        ("Hello Omar and Ingrid,", ["Omar", "Ingrid"]),
        ("Hey Priya! Quick question", ["Priya"]),
        ("Good morning Mr. Castellano,", ["Castellano"]),
        ("Dear Dr. Okafor,", ["Okafor"]),
        ("Dear Mrs. Nakamura and Mr. Haddad,", ["Nakamura", "Haddad"]),
        ("Hallo Svenja,", ["Svenja"]),
        ("Liebe Frau Özdemir,", ["Özdemir"]),
        ("Sehr geehrter Herr Lindqvist,", ["Lindqvist"]),
        ("Bonjour Élodie,", ["Élodie"]),
        ("Chère Madame Lefèvre,", ["Lefèvre"]),
        ("Hola Lucía,", ["Lucía"]),
        ("Estimado señor Quintero,", ["Quintero"]),
        ("Olá Beatriz,", ["Beatriz"]),
        ("Prezado Sr. Teixeira,", ["Teixeira"]),
        ("Ciao Giulia,", ["Giulia"]),
        ("Gentile signora Bellini,", ["Bellini"]),
        ("Hoi Sanne,", ["Sanne"]),
        ("Geachte heer Vermeulen,", ["Vermeulen"]),
        ("Cześć Michał,", ["Michał"]),
        ("Szanowny Panie Kowalczyk,", ["Kowalczyk"]),
        ("Merhaba Ayşe,", ["Ayşe"]),
        ("Sayın Mehmet Yılmaz,", ["Mehmet Yılmaz"]),
        ("Tanaka-san, the parcel is here", ["Tanaka"]),
        ("Konnichiwa Haruka,", ["Haruka"]),
        ("Kind regards,\nOluwaseun Adeyemi", ["Oluwaseun Adeyemi"]),
        ("Best,\nSam", ["Sam"]),
        ("Cheers\nPriya", ["Priya"]),
        ("Thanks!\n- Kim", ["Kim"]),
        ("Thx, Rebecca", ["Rebecca"]),
        ("Mit freundlichen Grüßen\nJürgen Weber", ["Jürgen Weber"]),
        ("LG Svenja", ["Svenja"]),
        ("Cordialement,\nThierry Dubois", ["Thierry Dubois"]),
        ("Saludos,\nLucía Fernández", ["Lucía Fernández"]),
        ("Atenciosamente,\nJoão Teixeira", ["João Teixeira"]),
        ("Cordiali saluti\nMatteo Ricci", ["Matteo Ricci"]),
        ("Met vriendelijke groet,\nDaan de Vries", ["Daan de Vries"]),
        ("Pozdrawiam,\nKatarzyna Wójcik", ["Katarzyna Wójcik"]),
        ("Z poważaniem\nPiotr Nowak", ["Piotr Nowak"]),
        ("Saygılarımla,\nMehmet Demir", ["Mehmet Demir"]),
        ("Yoroshiku onegaishimasu,\nYuki Tanaka", ["Yuki Tanaka"]),
        ("My name is Will.", ["Will"]),
        ("my name is rebecca thornton", ["rebecca thornton"]),
        ("hi this is jane doe, my order is late", ["jane doe"]),
        ("hi its jane doe here, my card was declined", ["jane doe"]),
        ("this is mark from accounting", ["mark"]),
        ("I'm Priya. My manager is out.", ["Priya"]),
        ("the booking is under jane doe", ["jane doe"]),
        ("Please use the name Rebecca Thornton", ["Rebecca Thornton"]),
        ("mein Name ist Svenja Krause", ["Svenja Krause"]),
        ("ich heiße Jürgen", ["Jürgen"]),
        ("je m'appelle Élodie Lefèvre", ["Élodie Lefèvre"]),
        ("Bonjour, je suis Thierry Dubois.", ["Thierry Dubois"]),
        ("Buenos días, me llamo Lucía", ["Lucía"]),
        ("o meu nome é Beatriz Teixeira", ["Beatriz Teixeira"]),
        ("mi chiamo Matteo Ricci", ["Matteo Ricci"]),
        ("mijn naam is Daan de Vries", ["Daan de Vries"]),
        ("nazywam się Katarzyna Wójcik", ["Katarzyna Wójcik"]),
        ("benim adım Ayşe Yılmaz", ["Ayşe Yılmaz"]),
        ("watashi no namae wa Haruka desu", ["Haruka"]),
        ("On behalf of Rebecca Thornton I ask for a refund.", ["Rebecca Thornton"]),
        ("Could you ask for Omar at the desk?", ["Omar"]),
        ("I spoke to Ingrid yesterday.", ["Ingrid"]),
        ("I talked with rebecca and she said steve can fix it", ["rebecca", "steve"]),
        ("[10:02] Priya: hello", ["Priya"]),
        ("Agent Omar: how can I help?", ["Omar"]),
        ("Customer: Rebecca Thornton", ["Rebecca Thornton"]),
        ("Name: Ingrid Lindqvist\nCity: Berlin", ["Ingrid Lindqvist"]),
        ("First name: Omar\nLast name: Haddad", ["Omar", "Haddad"]),
        ("Vorname: Svenja", ["Svenja"]),
        ("Nachname: Krause", ["Krause"]),
        ("Prénom: Élodie", ["Élodie"]),
        ("Imię: Michał", ["Michał"]),
        ("Soyad: Yılmaz", ["Yılmaz"]),
        ('{"customer": "Rebecca Thornton", "city": "Lyon"}', ["Rebecca Thornton"]),
        ("name,city\nRebecca Thornton,Lyon\nOmar Haddad,Porto", ["Rebecca Thornton", "Omar Haddad"]),
        ("From: Rebecca Thornton <mail@example.com>", ["Rebecca Thornton"]),
        ("On Friday, Omar Haddad wrote:", ["Omar Haddad"]),
        ("Assigned to: K. Srinivasan", ["K. Srinivasan"]),
        ("Jean-Luc Picard-Weber signed it.", ["Jean-Luc Picard-Weber"]),
        ("O'Brien wants a refund.", ["O'Brien"]),
        ("Jane's laptop is broken", ["Jane"]),
        ("The technician, Omar Haddad, came on Friday. Omar replaced the router.", ["Omar Haddad", "Omar"]),
        ("REBECCA THORNTON CALLED ABOUT HER ORDER", ["REBECCA THORNTON"]),
        ("Meine Kollegin Svenja hat angerufen.", ["Svenja"]),
        ("Le client Jean Dupont attend.", ["Jean Dupont"]),
        ("Please cc Anna and Bob on this.", ["Anna", "Bob"]),
        ("My wife Rebecca cannot log in.", ["Rebecca"]),
        ("Is Rebecca available today?", ["Rebecca"]),
        ("Witness: J. Haddad", ["J. Haddad"]),
        ("Doctor Haddad prescribed it.", ["Haddad"]),
        ("Please ask Rebecca/Omar.", ["Rebecca", "Omar"]),
    ],
)
def test_a_name_is_found(text, names):
    assert found(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "I bought a Calvin Klein jacket",
        "rebecca.haddad@example.com and haddad.Rebecca@example.com",
        "see /home/Rebecca/notes and Rebecca/notes.txt",
        "Wells Fargo declined the card",
        "JP Morgan and Goldman Sachs are banks",
        "Johnson & Johnson makes it",
        "Please ship it to San Francisco",
        "Our office in Charlotte is closed",
        "The parcel is stuck in St. Louis",
        "Jordan shoes in size 9",
        "A Mercedes and a Ferrari",
        "Ask Siri or Alexa",
        "The Jenkins pipeline failed",
        "Hugo Boss suit, size 52",
        "A bottle of Jack Daniel's",
        "Dr. Martens boots in black",
        "Dr. Pepper, twelve cans",
        "Ben & Jerry's ice cream",
        "Victoria's Secret returned my order",
        "Trader Joe's in Austin",
        "Marks & Spencer gift card",
        "Will you help me?",
        "Will will not do.",
        "May I ask a question?",
        "The invoice of May is missing",
        "In April and in June we paid twice",
        "Mark as read",
        "Bill me later",
        "Hope this works",
        "Faith in your product is gone",
        "Rose Gold iPhone 15",
        "Samsung Galaxy Tab",
        "Windows 11 Update",
        "Premium Plan and Gold Membership",
        "Order Number is on the Invoice",
        "Refund Request",
        "Password Reset",
        "Error: Connection Refused",
        "Out Of Stock",
        "Please Cancel My Subscription",
        "Shipping Method: Express",
        "Status: Delivered",
        "Google Maps and Office 365",
        "Adobe Photoshop crashes",
        "PlayStation 5 controller",
        "John F. Kennedy Airport",
        "Martin Luther King Boulevard",
        "Queen Elizabeth Hall",
        "Oxford Road and King Street",
        "Deutsche Bank und Deutsche Telekom",
        "Die Rechnung fehlt noch",
        "Die Lieferung nach Hamburg dauert zu lange",
        "Der Drucker ist kaputt",
        "Meine Bestellung ist nicht angekommen",
        "Bitte prüfen Sie den Vorgang",
        "La commande est en retard",
        "Le colis est à Marseille",
        "Mon imprimante ne fonctionne pas",
        "El pedido no ha llegado a Madrid",
        "La factura es incorrecta",
        "O produto chegou partido",
        "A encomenda ficou em Lisboa",
        "Il prodotto non funziona",
        "Il pacco è fermo a Milano",
        "De bestelling is niet aangekomen in Utrecht",
        "Mijn pakket is zoek",
        "Paczka nie dotarła do Krakowa",
        "Siparişim gelmedi",
        "Thanks,\nThe Support Team",
        "Best regards,\nBilling Department",
        "Kind regards,\nCustomer Service",
        "Hi there",
        "Hi everyone,",
        "Hello Team,",
        "Hello World",
        "Hi all,",
        "Dear customer,",
        "Dear Sir or Madam,",
        "Dear Support Team,",
        "Sehr geehrte Damen und Herren,",
        "Bonjour à tous,",
        "Hola a todos,",
        "Olá equipe,",
        "Ciao a tutti,",
        "Beste klant,",
        "I am sorry to hear that",
        "I am American",
        "this is urgent from our side",
        "my name is on the card",
        "From: Example Industries",
        "name: app-secrets",
        "const user = new User()",
        "import os",
        "GET /api/v1/orders HTTP/1.1",
        "i can't log in to my account",
        "why was my card charged twice",
        "how do i change my pin",
        "what is the exchange rate today",
        "The Monday meeting moved to Tuesday",
        "Happy Christmas and a good Easter",
        "Our German and French customers",
        "United Airlines to Houston",
    ],
)
def test_a_trap_is_left_alone(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Hi Rebecca,", "greetings"),
        ("Kind regards,\nRebecca Thornton", "closings"),
        ("Please ask Mrs. Thornton", "titles"),
        ("my name is rebecca", "introductions"),
        ("I spoke to Rebecca", "requests"),
        ("First name: Rebecca", "name labels"),
        ("Rebecca Thornton <mail@example.com>", "address"),
        ("My wife Rebecca cannot log in.", "model"),
    ],
)
def test_a_finding_says_which_rule_made_it(text, rule):
    assert [finding.rule for finding in DETECTOR.find(text)] == [rule]


def test_no_two_findings_overlap():
    text = "From: Rebecca Thornton <mail@example.com>\nHi Mr. Omar Haddad, this is Rebecca Thornton from Lyon\n" * 20
    findings = DETECTOR.find(text)
    assert len(findings) == 60
    assert all(first.end <= second.start for first, second in pairwise(findings))


def test_a_brand_after_a_greeting_is_a_name():
    assert found("Hi Alexa,") == ["Alexa"]


def test_a_team_can_add_things_that_are_no_persons():
    detector = NameDetector(NameOptions(things=("Rebecca Router",)))
    assert found("My Rebecca Router is broken", detector) == []
    assert found("My wife Rebecca is here", detector) == ["Rebecca"]
