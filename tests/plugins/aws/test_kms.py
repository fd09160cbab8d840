"""AWS KMS: what is stored, which key is used, and what each failure becomes."""

import asyncio
import logging
import traceback

import pytest
from plugins.aws.conftest import CONTEXT
from secret_servers import KEY_ARN, NEW_KEY_ARN

import raum_aws
from raum.api import KeyRefused, KeysUnavailable, NotDecryptable, OperatorError
from raum_aws.kms import Kms
from raum_aws.options import KmsOptions

PLAINTEXT = b"SEVEN-LEMONS"
DENIED = (
    "the host's AWS role may not use the KMS key for this; compare its policy and the key's (AccessDeniedException)"
)
AWAY = "AWS KMS cannot be reached; try again later"
BUSY = "AWS KMS is busy or has failed; try again later"
UNKNOWN_KEY = "an encrypted value names a key that is neither key_arn nor one of former_key_arns"
CHANGED = "an encrypted value was changed, or it was encrypted for another place"


@pytest.fixture
async def slow(failing):
    async with Kms(KmsOptions(KEY_ARN)) as kms:
        yield kms


def test_the_part_says_in_which_region_the_secrets_are():
    (part,) = raum_aws.raum_key_managers()
    assert (part.name, part.data_use(KmsOptions(KEY_ARN)).regions) == ("kms", ("eu-central-1",))


@pytest.mark.parametrize(
    ("key", "former"),
    [
        ("alias/raum", ()),
        ("arn:aws:kms:eu-central-1:111122223333:alias/raum", ()),
        ("1234abcd-12ab-34cd-56ef-1234567890ab", ()),
        (KEY_ARN + "\n", ()),
        (KEY_ARN, ("alias/raum",)),
        (KEY_ARN, (KEY_ARN.replace("eu-central-1", "us-east-1"),)),
    ],
)
def test_what_is_no_key_of_one_region_is_refused(key, former):
    with pytest.raises(OperatorError):
        KmsOptions(key, former)


async def test_a_value_says_its_format_and_its_key(kms):
    value = await kms.encrypt(b"secret", CONTEXT)
    assert value[:1] == b"\x01"
    assert value[2:].startswith(kms.key_of(value).encode())


@pytest.mark.parametrize("length", [0, 4097])
async def test_a_value_of_a_length_that_kms_does_not_take_is_refused_before_the_call(kms, recorded, length):
    with pytest.raises(OperatorError) as refusal:
        await kms.encrypt(b"x" * length, CONTEXT)
    assert str(refusal.value) == f"AWS KMS encrypts values of 1 to 4096 bytes; this one has {length}"
    assert recorded == []


async def test_the_key_is_named_when_a_value_is_decrypted(kms, recorded):
    value = await kms.encrypt(b"secret", CONTEXT)
    await kms.decrypt(value, CONTEXT)
    assert [(operation, given["KeyId"]) for _, operation, given in recorded] == [
        ("Encrypt", kms.key_of(value)),
        ("Decrypt", kms.key_of(value)),
    ]


async def test_a_value_of_a_key_that_is_not_configured_is_refused_without_a_call(kms, new_key, recorded):
    async with Kms(KmsOptions(new_key())) as other:
        value = await other.encrypt(b"secret", CONTEXT)
    recorded.clear()
    with pytest.raises(NotDecryptable) as refusal:
        await kms.decrypt(value, CONTEXT)
    assert (str(refusal.value), recorded) == (UNKNOWN_KEY, [])


async def test_a_value_whose_key_was_written_over_is_refused(new_key, recorded):
    mine, other = new_key(), new_key()
    async with Kms(KmsOptions(mine, (other,))) as kms:
        value = await kms.encrypt(b"secret", CONTEXT)
        with pytest.raises(OperatorError):
            await kms.decrypt(value.replace(mine.encode(), other.encode()), CONTEXT)


async def test_a_value_is_moved_to_another_key_within_kms(new_key, recorded):
    old, new = new_key(), new_key()
    async with Kms(KmsOptions(old)) as kms:
        value = await kms.encrypt(b"secret", CONTEXT)
    recorded.clear()
    async with Kms(KmsOptions(new, (old,))) as kms:
        moved = await kms.rewrap(value, CONTEXT)
        assert [operation for _, operation, _ in recorded] == ["ReEncrypt"]
        assert (kms.key_of(value), kms.key_of(moved)) == (old, new)
        assert await kms.decrypt(value, CONTEXT) == await kms.decrypt(moved, CONTEXT) == b"secret"
    async with Kms(KmsOptions(new)) as kms:
        assert await kms.decrypt(moved, CONTEXT) == b"secret"


async def test_a_value_of_an_older_material_of_the_key_decrypts(kms, aws):
    value = await kms.encrypt(b"secret", CONTEXT)
    aws.rotate_key_on_demand(KeyId=kms.key_of(value))
    assert await kms.decrypt(value, CONTEXT) == b"secret"


async def test_the_check_warns_while_automatic_rotation_is_off(kms, aws):
    key = kms.key_of(await kms.encrypt(b"secret", CONTEXT))
    command = f"aws kms enable-key-rotation --region eu-central-1 --key-id {key}"
    assert await kms.warnings() == [f"the key is not rotated automatically; turn that on with `{command}`"]
    aws.enable_key_rotation(KeyId=key)
    assert await kms.warnings() == []


async def test_the_check_says_that_it_cannot_see_the_rotation(slow, failing):
    failing.always = 400, "AccessDeniedException"
    (warning,) = await slow.warnings()
    assert warning.startswith("cannot see whether the key is rotated automatically: ")


@pytest.mark.parametrize(
    ("answer", "calls", "error", "message"),
    [
        ((400, "ThrottlingException"), 2, KeysUnavailable, BUSY),
        ((500, "KMSInternalException"), 2, KeysUnavailable, BUSY),
        ((500, "DependencyTimeoutException"), 2, KeysUnavailable, BUSY),
        ((500, "KeyUnavailableException"), 2, KeysUnavailable, BUSY),
        ((503, "ServiceUnavailable"), 2, KeysUnavailable, BUSY),
        ((502, ""), 2, KeysUnavailable, BUSY),
        ("close", 2, KeysUnavailable, AWAY),
        ("hang", 2, KeysUnavailable, AWAY),
        ((400, "DisabledException"), 1, KeyRefused, "the KMS key is disabled (DisabledException)"),
        (
            (400, "KMSInvalidStateException"),
            1,
            KeyRefused,
            "the KMS key cannot be used in its state; it may be about to be deleted (KMSInvalidStateException)",
        ),
        (
            (400, "AccessDeniedException"),
            1,
            KeyRefused,
            DENIED,
        ),
        ((400, "NotFoundException"), 1, KeyRefused, "there is no KMS key of this ARN (NotFoundException)"),
        ((400, "InvalidCiphertextException"), 1, NotDecryptable, CHANGED),
        ((400, "IncorrectKeyException"), 1, NotDecryptable, CHANGED),
        (
            (400, "SevenLemonsException"),
            1,
            KeyRefused,
            "AWS KMS refused the call for a reason that raum does not know; CloudTrail says which",
        ),
    ],
    ids=str,
)
async def test_each_failure_becomes_one_of_our_own_that_shows_nothing(
    slow, failing, caplog, answer, calls, error, message
):
    caplog.set_level(logging.DEBUG)
    value = await slow.encrypt(PLAINTEXT, CONTEXT)
    failing.calls.clear()
    failing.always = answer
    with pytest.raises(error) as failure:
        await slow.decrypt(value, CONTEXT)
    assert (type(failure.value), str(failure.value)) == (error, message)
    assert failing.calls == ["Decrypt"] * calls
    assert failure.value.__cause__ is failure.value.__context__ is None
    assert "LEMONS" not in "".join(traceback.format_exception(failure.value)) + caplog.text + repr(failure.value)
    with pytest.raises(error) as failure:
        await slow.encrypt(PLAINTEXT, CONTEXT)
    assert "LEMONS" not in "".join(traceback.format_exception(failure.value)) + caplog.text


async def test_a_failure_that_passes_is_tried_again(slow, failing):
    failing.answers = [(400, "ThrottlingException")]
    assert await slow.decrypt(await slow.encrypt(b"secret", CONTEXT), CONTEXT) == b"secret"
    assert failing.calls == ["Encrypt", "Encrypt", "Decrypt"]


async def test_nobody_at_the_address_is_an_outage(slow, failing, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:9")
    async with Kms(KmsOptions(KEY_ARN)) as kms:
        with pytest.raises(KeysUnavailable) as failure:
            await kms.encrypt(b"secret", CONTEXT)
    assert str(failure.value) == AWAY


async def test_a_host_without_aws_credentials_is_told_so(failing, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/none")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    async with Kms(KmsOptions(KEY_ARN)) as kms:
        with pytest.raises(KeyRefused) as failure:
            await kms.encrypt(b"secret", CONTEXT)
    assert str(failure.value) == "the host has no AWS credentials, or not all of them"


async def test_calls_that_hang_do_not_hold_up_the_event_loop(slow, failing):
    failing.always = "hang"
    call = asyncio.create_task(slow.encrypt(b"secret", CONTEXT))
    await asyncio.to_thread(failing.called.wait, 10)  # turns of the loop go on, meanwhile
    assert not call.done()
    failing.open.set()
    with pytest.raises(KeysUnavailable):
        await call


async def test_a_manager_that_is_not_entered_does_nothing():
    with pytest.raises(RuntimeError, match=r"^the key manager was not entered$"):
        await Kms(KmsOptions(KEY_ARN, (NEW_KEY_ARN,))).encrypt(b"secret", CONTEXT)
