"""Numbers that stand for a person: what is found, what is not, and the check digits against published values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import raum_ids
from raum_ids import checks
from raum_ids.options import CueOptions

PARTS = {part.name: part for part in raum_ids.raum_detectors()}
DETECTORS = {name: part.build(part.options()) for name, part in PARTS.items()}


def found(name, text):
    return [finding.of(text) for finding in DETECTORS[name].find(text)]


IBANS = [
    "GB82WEST12345698765432",
    "DE89370400440532013000",
    "DE89 3704 0044 0532 0130 00",
    "de89 3704 0044 0532 0130 00",
    "FR14 2004 1010 0505 0001 3M02 606",
    "NL91-ABNA-0417-1643-00",
    "BE68 5390 0754 7034",
    "NO93 8601 1117 947",
    "MT84MALT011000012345MTLCAST001S",
    "CH93\u00a00076\u00a02011\u00a06238\u00a05295\u00a07",
]


@pytest.mark.parametrize("iban", IBANS)
def test_an_iban_with_right_check_digits_is_found_anywhere(iban):
    assert found("iban", f"Refund to {iban}, please") == [iban]


def test_words_and_digits_behind_an_iban_are_no_part_of_it():
    assert found("iban", "DE89 3704 0044 0532 0130 00 and 12 more") == ["DE89 3704 0044 0532 0130 00"]


def test_a_mistyped_iban_is_found_where_it_is_introduced_as_one():
    assert found("iban", "my IBAN is DE89370400440532013001") == ["DE89370400440532013001"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("219-09-9999", "219-09-9999"),
        ("Previous SSN: 078-05-1120.", "078-05-1120"),
        ("ssn=078051120", "078051120"),
        ("my social security number is 078 05 1120", "078 05 1120"),
        ('{"ssn": "078-05-1120"}', "078-05-1120"),
        ("<ssn>078-05-1120</ssn>", "078-05-1120"),
        ("the last four digits of my SSN: XXX-XX-1120", "XXX-XX-1120"),
        ("SSN 078-0S-112O", "078-0S-112O"),
        ("078\u201105\u20111120", "078\u201105\u20111120"),
        ("ITIN 912-70-1234", "912-70-1234"),
    ],
)
def test_a_social_security_number_is_found(text, number):
    assert set(found("ssn", text)) == {number}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("X1234567L", "es nie"),
        ("RSSMRA85T10A562S", "it codice fiscale"),
        ("2 69 05 49 588 157 80", "fr nir"),
        ("111.444.777-35", "br cpf"),
        ("12.345.678-5", "cl rut"),
        ("811218-9876", "se personnummer"),
        ("131052-308T", "fi hetu"),
        ("85.07.30-033.28", "be rijksregister"),
        ("756.9217.0769.85", "ch ahv"),
        ("15 070649 C 103", "de rentenversicherung"),
        ("HEGG560427MVZRRL04", "mx curp"),
        ("11010519491231002X", "cn resident id"),
        ("900101-1234567", "kr rrn"),
        ("AB 12 34 56 C", "gb national insurance"),
    ],
)
def test_an_id_of_a_shape_of_its_own_is_found_anywhere(text, rule):
    whole = f"It says {text}, I think."
    assert [(finding.of(whole), finding.rule) for finding in DETECTORS["national-id"].find(whole)] == [(text, rule)]


@pytest.mark.parametrize(
    ("cue", "number"),
    [
        ("DNI:", "12345678Z"),
        ("BSN", "111222333"),
        ("PESEL:", "44051401359"),
        ("Steuer-ID", "86095742719"),
        ("Steueridentifikationsnummer:", "36 574 261 809"),
        ("SIN", "046 454 286"),
        ("TC kimlik no", "10000000146"),
        ("Fødselsnummer:", "15108695088"),
        ("NIF:", "123456789"),
        ("my Aadhaar number is", "2341 2341 2346"),
        ("PAN:", "ABCPE1234F"),
        ("TFN:", "123 456 782"),
        ("NHS number", "943 476 5919"),
        ("NRIC", "S1234567D"),
        ("PPS number", "1234567FA"),
        ("CNP", "1800101221144"),
        ("rodné číslo", "710319/2745"),
        ("my number:", "123456789018"),
        ("CPF", "11144477735"),
        ("national insurance number", "AB123456C"),
        ("CPR-nr.", "070761-4283"),
        ("my ID:", "8001015009087"),
        ("teudat zehut", "039337423"),
        ("rijksregisternummer", "85073003328"),
    ],
)
def test_an_id_of_plain_digits_is_found_where_it_is_introduced(cue, number):
    assert found("national-id", f"{cue} {number}") == [number]


@pytest.mark.parametrize(
    ("cue", "number"),
    [
        ("BSN:", "111222334"),
        ("PESEL", "44051401358"),
        ("Steuer-ID:", "36574261808"),
        ("DNI:", "12345678A"),
        ("CPF:", "111.444.777-36"),
        ("TC:", "10000000147"),
        ("T.C. Kimlik No:", "10000000147"),
        ("NHS no.", "943 476 5918"),
        ("my Aadhaar number is", "2341 2341 2347"),
    ],
)
def test_a_mistyped_id_is_found_where_it_is_called_by_its_name(cue, number):
    assert found("national-id", f"{cue} {number}") == [number]


@pytest.mark.parametrize("text", ["my id is 111222334", "PESEL 44051", "nhs digital helped 943 476 5918 people"])
def test_a_number_of_another_shape_or_name_is_no_mistyped_id(text):
    assert found("national-id", text) == []


@pytest.mark.parametrize(
    ("check", "number"),
    [
        (checks.dni, "12345678Z"),
        (checks.codice_fiscale, "RSSMRA85T10A562S"),
        (checks.nir, "269054958815780"),
        (checks.rijksregister, "85073003328"),
        (checks.ahv, "7569217076985"),
        (checks.steuer_id, "86095742719"),
        (checks.personnummer, "8112189876"),
        (checks.resident_id, "11010519491231002X"),
        (checks.rut, "123456785"),
        (checks.bsn, "111222333"),
        (checks.pesel, "44051401359"),
        (checks.tckn, "10000000146"),
        (checks.nif, "123456789"),
        (checks.aadhaar, "234123412346"),
        (checks.tfn, "123456782"),
        (checks.nhs, "9434765919"),
        (checks.nric, "S1234567D"),
        (checks.ppsn, "1234567FA"),
        (checks.cnp, "1800101221144"),
        (checks.my_number, "123456789018"),
        (checks.luhn, "046454286"),
    ],
)
def test_a_published_number_is_right_and_its_neighbour_is_not(check, number):
    at = 4  # one digit in the middle, one higher
    neighbour = number[:at] + str((int(number[at]) + 1) % 10) + number[at + 1 :] if number[at].isdigit() else "0" * 16
    assert check(number)
    assert not number[at].isdigit() or not check(neighbour)


@pytest.mark.parametrize(
    "address",
    [
        "192.0.2.33",
        "255.255.255.255",
        "2001:db8::1",
        "2001:db8:3:4::192.0.2.33",
        "::1",
        "fe80::7:8%eth0",
        "::ffff:192.0.2.1",
        "1:2:3:4:5:6:7:8",
    ],
)
@pytest.mark.parametrize(
    "text",
    ["from {} today", "our IP is {}.", "[{}]:8080", "ip={};", "'dev'@'{}'", "{}/24 is blocked", "http://[{}]/", "{}"],
)
def test_an_ip_address_is_found_without_port_and_prefix(address, text):
    assert found("ip", text.format(address)) == [address]


def test_a_port_is_no_part_of_an_address():
    assert found("ip", "http://192.0.2.33:8080/ and 192.0.2.34:443") == ["192.0.2.33", "192.0.2.34"]


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("DOB: 1980-02-03", "1980-02-03"),
        ("date_of_birth=03/02/1980", "03/02/1980"),
        ("I was born on 3 May 1980 in a hat", "3 May 1980"),
        ("born May 3rd, 1980", "May 3rd, 1980"),
        ('"dob": "1/2/80"', "1/2/80"),
        ('<patient dob="2001-08-16">', "2001-08-16"),
        ("geboren am 3. Mai 1980", "3. Mai 1980"),
        ("Geburtsdatum: 03.05.1980", "03.05.1980"),
        ("née le 3 mai 1980", "3 mai 1980"),
        ("date de naissance : 03/05/1980", "03/05/1980"),
        ("fecha de nacimiento: 3 de mayo de 1980", "3 de mayo de 1980"),
        ("data de nascimento é 03-05-1980", "03-05-1980"),
        ("nata il 3 maggio 1980", "3 maggio 1980"),
        ("geboortedatum 03-05-1980", "03-05-1980"),
        ("data urodzenia: 03.05.1980", "03.05.1980"),
        ("doğum tarihi: 03.05.1980", "03.05.1980"),
    ],
)
def test_a_date_that_is_introduced_as_a_birthday_is_found(text, date):
    assert found("birth-date", text) == [date]


@pytest.mark.parametrize(
    ("name", "text", "number"),
    [
        ("passport", "Passport: C01234567", "C01234567"),
        ("passport", "my passport number is 123456789", "123456789"),
        ("passport", "Reisepass Nr. C01X00T47", "C01X00T47"),
        ("passport", "passeport n° 12AB34567", "12AB34567"),
        ("passport", "pasaporte: XDA123456", "XDA123456"),
        ("driving-licence", "My driver's license number is A1234567", "A1234567"),
        ("driving-licence", "driving licence MORGA753116SM9IJ", "MORGA753116SM9IJ"),
        ("driving-licence", "DL# F255-921-50-094-0", "F255-921-50-094-0"),
        ("driving-licence", "Führerschein: B072RRE2I55", "B072RRE2I55"),
        ("driving-licence", "permis de conduire 123456789012", "123456789012"),
    ],
)
def test_the_number_of_a_document_is_found_where_it_is_introduced(name, text, number):
    assert found(name, text) == [number]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("ssn", "zorp 078051120", "078051120"),
        ("passport", "zorp 123456789", "123456789"),
        ("driving-licence", "zorp A1234567", "A1234567"),
        ("birth-date", "zorp 1980-02-03", "1980-02-03"),
        ("national-id", "zorp 111222333", "111222333"),
    ],
)
def test_a_cue_of_the_configuration_introduces_a_value(name, text, value):
    detector = PARTS[name].build(CueOptions(cues=("zorp",)))
    assert found(name, text) == []
    assert [finding.of(text) for finding in detector.find(text)] == [value]


@given(before=st.text(max_size=20), after=st.text(max_size=20))
@pytest.mark.parametrize(
    ("name", "value"),
    [("iban", IBANS[0]), ("ssn", "219-09-9999"), ("ip", "192.0.2.33"), ("national-id", "756.9217.0769.85")],
)
def test_offsets_count_code_points_whatever_stands_around(name, value, before, after):
    text = f"{before} | {value} | {after}"
    start = len(before) + 3
    assert (start, start + len(value)) in {(finding.start, finding.end) for finding in DETECTORS[name].find(text)}


@given(st.text(alphabet="0123456789:.-/ ABDEFabdefIBNSsn\n", max_size=80))
def test_every_finding_says_its_rule_and_lies_within_the_text(text):
    for detector in DETECTORS.values():
        for finding in detector.find(text):
            assert finding.rule
            assert 0 <= finding.start < finding.end <= len(text)
