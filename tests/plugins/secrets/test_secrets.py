"""What lets somebody in: keys, passwords and URLs that hold one. All values are invented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import raum_secrets
from raum_secrets.options import PasswordOptions

PARTS = {part.name: part for part in raum_secrets.raum_detectors()}
DETECTORS = {name: part.build(part.options()) for name, part in PARTS.items()}

LETTERS = "aB3dE5gH7jK9mN1pQ3rS5tU7vW9xY1zA2bC4dE6fG8hI0"


def found(name, text):
    return {finding.of(text) for finding in DETECTORS[name].find(text)}


@pytest.mark.parametrize(
    ("key", "rule"),
    [
        ("sk-" + LETTERS, "openai or anthropic key"),
        ("sk-proj-" + LETTERS, "openai or anthropic key"),
        ("sk-ant-api03-" + LETTERS, "openai or anthropic key"),
        ("sk_" + "live_" + LETTERS[:24], "stripe key"),
        ("ghp_" + LETTERS[:36], "github token"),
        ("github_pat_" + LETTERS[:30], "github token"),
        ("glpat-" + LETTERS[:20], "gitlab token"),
        ("AKIA" + "IOSFODNN7EXAMPLE", "aws access key"),
        ("xoxb-" + "123456789012-" + LETTERS[:24], "slack token"),
        ("AIza" + LETTERS[:35], "google key"),
        ("SG." + LETTERS[:22] + "." + LETTERS[:43], "sendgrid key"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0." + LETTERS[:43], "json web token"),
        ("npm_" + LETTERS[:36], "npm token"),
        ("hf_" + LETTERS[:34], "hugging face token"),
        ("shpat_" + "0123456789abcdef" * 2, "shopify token"),
        ("dop_v1_" + "0123456789abcdef" * 4, "digitalocean token"),
        ("123456789:AA" + LETTERS[:33], "telegram bot token"),
    ],
)
@pytest.mark.parametrize("text", ["It is {}.", "{}", "key={}&x=1", '"{}"', "see ({}) here"])
def test_a_key_with_the_prefix_of_its_issuer_is_found_anywhere(key, rule, text):
    whole = text.format(key)
    assert (key, rule) in {(finding.of(whole), finding.rule) for finding in DETECTORS["api-key"].find(whole)}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("api_key=0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef"),
        ("X-Api-Key: 0123456789abcdef0123", "0123456789abcdef0123"),
        ("Authorization: Bearer a1b2c3d4e5f6g7h8i9j0", "a1b2c3d4e5f6g7h8i9j0"),
        ("Authorization: Basic dXNlcjpwYXNzd29yZDEyMzQ1", "dXNlcjpwYXNzd29yZDEyMzQ1"),
        ('"client_secret": "aB3dE5gH7jK9mN1pQ3"', "aB3dE5gH7jK9mN1pQ3"),
        ("my access token is aB3dE5gH7jK9mN1pQ3, I think", "aB3dE5gH7jK9mN1pQ3"),
        ("https://example.com/x?token=aB3dE5gH7jK9mN1pQ3&y=1", "aB3dE5gH7jK9mN1pQ3"),
        ("secret key: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY1", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY1"),
    ],
)
def test_a_random_value_that_is_introduced_as_a_key_is_found(text, key):
    assert found("api-key", text) == {key}


def test_a_private_key_is_found_from_its_first_line_to_its_last():
    body = "MIIEpAIBAAKCAQEA1234567890\nabcdefghijklmnopqrstuvwxyz==\n"
    key = f"-----BEGIN RSA PRIVATE KEY-----\n{body}-----END RSA PRIVATE KEY-----"
    assert key in found("api-key", f"Here it is:\n{key}\nThanks a lot for your help")


@pytest.mark.parametrize(
    ("text", "password"),
    [
        ("password: hunter2", "hunter2"),
        ("Password: hunter2.", "hunter2"),
        ("password=foo123&x=1", "foo123&x=1"),
        ('"password": "abc def"', "abc"),
        ("<password>x1y2z3</password>", "x1y2z3"),
        ('db-password: "GH1Dw9npfh"', "GH1Dw9npfh"),
        ("My password is Tr0ub4dor!", "Tr0ub4dor!"),
        ('the password for the shop is "sonne"', "sonne"),
        ("password was CorrectHorse", "CorrectHorse"),
        ("pw hunter22", "hunter22"),
        ("Passwort lautet Sonne77", "Sonne77"),
        ("mot de passe : soleil99", "soleil99"),
        ("contraseña: girasol", "girasol"),
        ("senha: girassol1", "girassol1"),
        ("wachtwoord is zonne-bloem7", "zonne-bloem7"),
        ("hasło: slonecznik", "slonecznik"),
        ("şifre: aycicegi1", "aycicegi1"),
        ("Password:\nhunter2", "hunter2"),
        ("My PIN is 4321", "4321"),
        ("PIN: 123456", "123456"),
    ],
)
def test_a_password_that_is_introduced_is_found(text, password):
    assert found("password", text) == {password}


def test_a_cue_of_the_configuration_introduces_a_password():
    text = "zorp: hunter2"
    detector = PARTS["password"].build(PasswordOptions(cues=("zorp",)))
    assert found("password", text) == set()
    assert [finding.of(text) for finding in detector.find(text)] == ["hunter2"]


@pytest.mark.parametrize(
    "url",
    [
        "postgres://admin:s3cret@db.example.com:5432/app",
        "https://jane:hunter2@example.com",
        "redis://:s3cret@localhost:6379",
        "mongodb+srv://jane:p%40ss@cluster0.example.net/test?retryWrites=true",
        "ftp://jane:pw@192.0.2.33/",
    ],
)
@pytest.mark.parametrize("text", ["Use {}, please.", "<{}>", '"{}"', "({})", "{}"])
def test_a_url_with_a_password_is_found_as_a_whole(url, text):
    assert found("url-credentials", text.format(url)) == {url}


@given(before=st.text(max_size=20), after=st.text(max_size=20))
@pytest.mark.parametrize(
    ("name", "value"),
    [("api-key", "ghp_" + LETTERS[:36]), ("url-credentials", "https://jane:hunter2@example.com")],
)
def test_offsets_count_code_points_whatever_stands_around(name, value, before, after):
    text = f"{before} | {value} | {after}"
    start = len(before) + 3
    assert (start, start + len(value)) in {(finding.start, finding.end) for finding in DETECTORS[name].find(text)}
