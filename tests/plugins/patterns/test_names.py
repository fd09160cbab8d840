import pytest
from hypothesis import given
from hypothesis import strategies as st

from raum_patterns.names import NameDetector
from raum_patterns.options import NameOptions

DETECTOR = NameDetector(NameOptions())


def found(text, detector=DETECTOR):
    return [text[finding.start : finding.end] for finding in detector.find(text)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Hi Marlene,\nall is well", ["Marlene"]),
        ("Hi Jane can you help", ["Jane"]),
        ("Hi Ann and Bob,", ["Ann", "Bob"]),
        ("Hola Ana y Luis,", ["Ana", "Luis"]),
        ("Dear Mr. Doe", ["Doe"]),
        ("Dear Jose\u0301,", ["Jose\u0301"]),
        ("Hallo Frau Müller,", ["Müller"]),
        ("Sehr geehrte Frau Dr. Müller-Weber,", ["Müller-Weber"]),
        ("Hi राज,", ["राज"]),
        ("Thanks,\nJane", ["Jane"]),
        ("Thanks Marlene!", ["Marlene"]),
        ("Best regards\n\nJane Q. Doe\nExample Corp", ["Jane Q. Doe"]),
        ("Viele Grüße\r\nJürgen Groß", ["Jürgen Groß"]),
        ("Cordialement,\nJean-Luc O’Neill", ["Jean-Luc O’Neill"]),
        ("It broke.\n-- \nJane Doe\n", ["Jane Doe"]),
        ("My name is Jane", ["Jane"]),
        ("my name is jane doe.", ["jane doe"]),
        ("меня зовут Иван Петров", ["Иван Петров"]),
        ("我叫山田花子,", ["山田花子"]),
        ("I am Jane Doe and I wait", ["Jane Doe"]),
        ("this is Jane from Example", ["Jane"]),
        ("on behalf of Jane van der Berg", ["Jane van der Berg"]),
        ("ask for José", ["José"]),
        ("From: Jane Doe <jane@example.com>", ["Jane Doe"]),
        ("To: Jane Doe, John Roe", ["Jane Doe", "John Roe"]),
        ("On Mon, 20 Nov 2026 at 10:00, Jane Doe <jane@example.com> wrote:", ["Jane Doe"]),
        ('{"name": "Jane Doe"}', ["Jane Doe"]),
        ("Ask Jane Doe (jane@example.com)", ["Jane Doe"]),
        ("Mrs. Doe's parcel", ["Doe"]),
        ("The record of J*** R** is gone", ["J*** R**"]),
        ("The id is SmFuZSBEb2U= (base64)", ["SmFuZSBEb2U="]),
        ("id=U3VzYW4gRmxvcmVz&x=Sm9zw6kgR2FyY8OtYQ==", ["U3VzYW4gRmxvcmVz", "Sm9zw6kgR2FyY8OtYQ=="]),
        ("Thx, Will", ["Will"]),
        ("Hi Grace,\nthe parcel is late", ["Grace"]),
        ("Thanks Mark!", ["Mark"]),
        ("It works now.\n\nBest,\nHope", ["Hope"]),
        ("Hi Frank and Rose, it works", ["Frank", "Rose"]),
        ("hi, im siobhan, my parcel is late", ["siobhan"]),
        ("I am Tobias. Please help", ["Tobias"]),
        ("Guests: Siobhan, Tobias", ["Siobhan", "Tobias"]),
        ("Driver: Mehmet\nStatus: late", ["Mehmet"]),
        ("Name on card: Jane Doe", ["Jane Doe"]),
        ("Order 12. Contact: Siobhan. Paid.", ["Siobhan"]),
        ("Familie Brandt ist da", ["Brandt"]),
        ("il signor Rossi ha chiamato", ["Rossi"]),
        ("het pakje van mevrouw Jansen", ["Jansen"]),
        ("dzwoniła pani Wiśniewska", ["Wiśniewska"]),
        ("@Siobhan can you take this one?", ["Siobhan"]),
        ("Over to @Siobhan.", ["Siobhan"]),
        ("(cc @Siobhan Miller)", ["Siobhan Miller"]),
        ("Hi Wei,\nthe parcel is late. Can Wei call me back?", ["Wei", "Wei"]),
    ],
)
def test_a_name_next_to_a_cue_is_found(text, names):
    assert found(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "Hi there",
        "what the f*** s*** is this",
        "F*** this, A** is gone",
        "T3JkZXIgTnVtYmVy is base64 of two words that are no name",
        "SGVsbG8gd29ybGQsIG9yZGVyIDQ3MTE= is base64 of a sentence",
        "RnJhbmtmdXJ0IE1haW4= is base64 of a place",
        "SmFuZSBEb2U is cut off",
        "Hi HR,",
        "Hi, Can you help",
        "Hello World",
        "Dear customer",
        "Dear Support Team,",
        "Dear Sir or Madam",
        "Sehr geehrte Damen und Herren",
        "Bonjour à tous",
        "Thanks again",
        "Thanks,\nThe Example Team",
        "Best regards,\nExample Support",
        "Thanks\nSent from my iPhone",
        "Thank you\nPlease call",
        "my name is on the card",
        "I am American",
        "I'm so sorry",
        "ask for extra time.",
        "From: Example Industries",
        "Support <support@example.com>",
        "Hi Monday",
        "Dr. ",
        "Thanks, will do",
        "Best, May is fine",
        "Hope this helps. Will it do?",
        "I'm Spanish, so sorry",
        "the laptop is under warranty",
        "I miss Lisbon",
        "@Support can you take this one?",
        "see @siobhandoe_ or @SiobhanShop",
        "Guests: Adults, Children",
        "Driver: Printer",
    ],
)
def test_what_is_no_name_is_left_alone(text):
    assert found(text) == []


def test_a_team_can_add_words():
    detector = NameDetector(NameOptions(greetings=("Ahoy",), not_names=("Gizmo",)))
    assert found("Ahoy Jane,", detector) == ["Jane"]
    assert found("Hi Gizmo,", detector) == []


@given(before=st.text(), after=st.text())
def test_a_signature_is_found_in_any_surroundings(before, after):
    text = f"{before}\n\nKind regards,\nMarlene Doe\n{after}"
    start = text.index("Marlene Doe", len(before))
    spans = [(finding.start, finding.end) for finding in DETECTOR.find(text)]
    assert (start, start + 11) in spans
    assert all(0 <= start < end <= len(text) for start, end in spans)


@given(st.text(alphabet="aAİß é\u0301.,:<@-\n'’名") | st.text())
def test_every_finding_lies_within_the_text(text):
    assert all(0 <= finding.start < finding.end <= len(text) for finding in DETECTOR.find(text))
