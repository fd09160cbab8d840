"""The shipped policies allow the calls that the part makes, and nothing else."""

import json

import pytest
from aws_policies import FOLDER, actions_for, actions_of, allowed_by, statements
from plugins.aws.conftest import CONTEXT

from raum_aws.kms import Kms
from raum_aws.options import KmsOptions

DECRYPT = ("kms", "Decrypt")


async def test_what_the_part_calls_is_exactly_what_the_two_roles_of_the_host_allow(new_key, recorded):
    old, new = new_key(), new_key()
    async with Kms(KmsOptions(old)) as kms:
        value = await kms.encrypt(b"secret", CONTEXT)
        await kms.decrypt(value, CONTEXT)
        await kms.warnings()
    async with Kms(KmsOptions(new, (old,))) as kms:
        await kms.rewrap(value, CONTEXT)
        await kms.warnings()
    made = {action for service, operation, _ in recorded for action, *_ in actions_for(service, operation)}
    assert made == actions_of("application") | actions_of("maintenance")
    assert actions_of("application") == {"kms:Encrypt", "kms:Decrypt", "kms:GetKeyRotationStatus"}
    assert actions_of("maintenance") == {
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
        "kms:GetKeyRotationStatus",
        "kms:Encrypt",  # what comes from another key manager
    }


@pytest.mark.parametrize(
    "context",
    [
        {},
        {**CONTEXT, "app": "other"},
        {**CONTEXT, "more": "x"},
        *({name: value for name, value in CONTEXT.items() if name != left_out} for left_out in CONTEXT),
    ],
    ids=str,
)
def test_a_call_with_another_context_is_not_allowed(context):
    assert allowed_by("application", *DECRYPT, {"EncryptionContext": CONTEXT})
    assert not allowed_by("application", *DECRYPT, {"EncryptionContext": context})


def test_who_administers_the_key_cannot_decrypt_and_who_decrypts_cannot_administer():
    using = {"kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey"}
    assert not using & actions_of("administrator")
    assert not (actions_of("application") | actions_of("maintenance")) & actions_of("administrator") - {
        "kms:GetKeyRotationStatus"
    }


@pytest.mark.parametrize("role", ["administrator", "application", "maintenance"])
def test_the_key_policy_gives_each_role_what_its_own_policy_gives_it(role):
    given = {}
    for statement in statements("key-policy"):
        principals = statement["Principal"]["AWS"]
        if f"arn:aws:iam::ACCOUNT:role/raum-{role}" in ([principals] if isinstance(principals, str) else principals):
            given |= {action: statement.get("Condition") for action in statement["Action"]}
    own = {
        action: statement.get("Condition")
        for statement in statements(role)
        for action in statement["Action"]
        if statement["Resource"] != "*"
    }
    assert given == own


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.json")), ids=lambda file: file.name)
def test_no_statement_has_a_wildcard_for_actions_or_principals(file):
    for statement in json.loads(file.read_text())["Statement"]:
        assert not any("*" in action for action in statement["Action"])
        assert "*" not in json.dumps(statement.get("Principal", ""))
        assert set(statement) <= {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
