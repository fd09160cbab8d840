import asyncio
import base64
import stat

import pytest

import raum_localkeys
from raum.api import OperatorError
from raum_localkeys import LocalKeys, LocalKeysOptions

CONTEXT = {"app": "raum", "account": "acme", "table": "credentials", "row": "helpdesk-token", "field": "ciphertext"}
CHANGED = "an encrypted value was changed, or it was encrypted for another place"
UNKNOWN_KEY = "an encrypted value names a key that the key file does not hold"
UNKNOWN_FORMAT = "an encrypted value has a format that this version of raum does not know"


def line(key_id, byte):
    return f"{key_id} {base64.b64encode(bytes([byte]) * 32).decode()}\n"


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keys" / "raum.keys"


@pytest.fixture
def write_keys(path):
    def write(*lines, mode=0o600):
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(lines))
        path.chmod(mode)

    return write


@pytest.fixture
async def keys(path):
    async with LocalKeys(path) as manager:
        yield manager


def test_the_part_is_a_key_manager_that_stays_on_the_host():
    (part,) = raum_localkeys.raum_key_managers()
    assert (part.name, part.options) == ("localkeys", LocalKeysOptions)
    assert part.data_use.regions == ()
    assert isinstance(part.build(LocalKeysOptions()), LocalKeys)


async def test_a_value_from_another_place_says_so(keys):
    ciphertext = await keys.encrypt(b"secret", CONTEXT)
    with pytest.raises(OperatorError) as refusal:
        await keys.decrypt(ciphertext, CONTEXT | {"row": "other"})
    assert str(refusal.value) == CHANGED


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda value: value[:-1] + bytes([value[-1] ^ 1]), CHANGED),
        (lambda value: value[:-1], CHANGED),
        (lambda value: value[:12], CHANGED),
        (lambda value: value[:2] + b"zzzz" + value[6:], UNKNOWN_KEY),
        (lambda value: value[:2], UNKNOWN_KEY),
        (lambda value: value[:1], UNKNOWN_KEY),
        (lambda value: b"\x02" + value[1:], UNKNOWN_FORMAT),
        (lambda value: b"", UNKNOWN_FORMAT),
    ],
    ids=["tag", "end cut off", "nothing but the key", "key id", "no key id", "version alone", "version", "empty"],
)
async def test_a_value_that_was_changed_says_in_which_way(keys, change, message):
    ciphertext = await keys.encrypt(b"secret", CONTEXT)
    with pytest.raises(OperatorError) as refusal:
        await keys.decrypt(change(ciphertext), CONTEXT)
    assert str(refusal.value) == message


async def test_the_newest_key_encrypts_and_older_ones_still_decrypt(path, write_keys):
    write_keys(line("first", 1))
    async with LocalKeys(path) as keys:
        old = await keys.encrypt(b"secret", CONTEXT)
    write_keys(line("first", 1), line("second", 2))
    async with LocalKeys(path) as keys:
        new = await keys.encrypt(b"secret", CONTEXT)
        assert await keys.decrypt(old, CONTEXT) == b"secret"
    write_keys(line("second", 2))
    async with LocalKeys(path) as keys:
        assert await keys.decrypt(new, CONTEXT) == b"secret"
        with pytest.raises(OperatorError) as refusal:
            await keys.decrypt(old, CONTEXT)
    assert str(refusal.value) == UNKNOWN_KEY


async def test_a_value_cannot_be_moved_to_another_key_that_is_the_same(path, write_keys):
    write_keys(line("one", 1), line("two", 1))
    async with LocalKeys(path) as keys:
        ciphertext = await keys.encrypt(b"secret", CONTEXT)
        with pytest.raises(OperatorError) as refusal:
            await keys.decrypt(ciphertext.replace(b"two", b"one", 1), CONTEXT)
    assert str(refusal.value) == CHANGED


async def test_a_missing_key_file_is_made_for_its_owner_alone_and_kept(path):
    async with LocalKeys(path) as keys:
        ciphertext = await keys.encrypt(b"secret", CONTEXT)
    assert (mode(path.parent), mode(path)) == (0o700, 0o600)
    assert [file.name for file in path.parent.iterdir()] == ["raum.keys"]
    async with LocalKeys(path) as keys:
        assert await keys.decrypt(ciphertext, CONTEXT) == b"secret"


async def test_hosts_that_start_at_once_share_one_key(path):
    managers = [LocalKeys(path) for _ in range(8)]
    await asyncio.gather(*(manager.__aenter__() for manager in managers))
    ciphertext = await managers[0].encrypt(b"secret", CONTEXT)
    for manager in managers:
        assert await manager.decrypt(ciphertext, CONTEXT) == b"secret"
    assert len(list(path.parent.iterdir())) == 1


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o620, 0o602, 0o644])
async def test_a_key_file_that_others_may_use_is_refused(path, write_keys, bits):
    write_keys(line("one", 1), mode=bits)
    with pytest.raises(OperatorError) as refusal:
        await LocalKeys(path).__aenter__()
    assert str(refusal.value) == f"{path}: others than the owner may use the key file; run `chmod 600 {path}`"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "{path}: the key file holds no key; restore it from its backup"),
        ("# nothing\n\n", "{path}: the key file holds no key; restore it from its backup"),
        ("one SEVENLEMONS\n", "{path}:1: not a key; a line is `ID BASE64`, with 32 bytes in base64"),
        ("one c2hvcnQ=\n", "{path}:1: not a key; a line is `ID BASE64`, with 32 bytes in base64"),
        ("\n" + line("ONE", 1), "{path}:2: not a key; a line is `ID BASE64`, with 32 bytes in base64"),
        (line("x" * 33, 1), "{path}:1: not a key; a line is `ID BASE64`, with 32 bytes in base64"),
        ("é " + line("", 1), "{path}:1: not a key; a line is `ID BASE64`, with 32 bytes in base64"),
        (line("one", 1) + line("one", 2), "{path}:2: a key id that another line has; each key needs its own"),
    ],
)
async def test_a_key_file_with_a_fault_is_refused_without_showing_its_keys(path, write_keys, content, message):
    write_keys(content)
    with pytest.raises(OperatorError) as refusal:
        await LocalKeys(path).__aenter__()
    assert str(refusal.value) == message.format(path=path)


async def test_a_key_file_in_a_folder_that_cannot_be_made_is_an_operators_error(tmp_path):
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "keys" / "raum.keys"
    with pytest.raises(OperatorError) as failure:
        await LocalKeys(path).__aenter__()
    assert str(failure.value) == f"{path}: cannot use the key file: Not a directory"


async def test_a_manager_that_is_not_entered_does_nothing(path):
    async with LocalKeys(path) as keys:
        ciphertext = await keys.encrypt(b"secret", CONTEXT)
    with pytest.raises(RuntimeError, match=r"^the key manager was not entered$"):
        await keys.encrypt(b"secret", CONTEXT)
    with pytest.raises(RuntimeError, match=r"^the key manager was not entered$"):
        await keys.decrypt(ciphertext, CONTEXT)
