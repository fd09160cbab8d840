"""What the shipped policies allow, by the rules of IAM that they use
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html)."""

import json
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "config" / "aws"

ACTIONS = {
    ("kms", "ReEncrypt"): (
        ("kms:ReEncryptFrom", "SourceKeyId", "SourceEncryptionContext"),
        ("kms:ReEncryptTo", "DestinationKeyId", "DestinationEncryptionContext"),
    )
}
"""The calls that need more than the action of their name, each with the key and the context that it is about."""


def statements(name):
    return json.loads((FOLDER / f"{name}.json").read_text())["Statement"]


def actions_of(name):
    return {action for statement in statements(name) for action in statement["Action"]}


def actions_for(service, operation):
    """Each action that a call needs, with the names of its key and its context among the arguments."""
    return ACTIONS.get((service, operation), ((f"{service}:{operation}", "KeyId", "EncryptionContext"),))


ROLES = ("application", "maintenance")
"""The roles that the host itself has."""


def is_known(service, operation):
    """Whether the actions of a call are among those that the roles of the host have, with whatever arguments."""
    allowed = {action for role in ROLES for action in actions_of(role)}
    return all(action in allowed for action, *_ in actions_for(service, operation))


def allowed_by(name, service, operation, arguments):
    """Whether a policy allows a call on the key."""
    return all(
        any(
            action in statement["Action"] and holds(statement.get("Condition", {}), arguments.get(context, {}))
            for statement in statements(name)
        )
        for action, _key, context in actions_for(service, operation)
    )


def holds(condition, context):
    """Whether an encryption context meets a condition. Raises KeyError for what it does not know."""
    values = {f"kms:EncryptionContext:{name}": value for name, value in context.items()}
    tests = {
        "StringEquals": lambda key, wanted: values.get(key) == wanted,
        "ForAllValues:StringEquals": lambda key, wanted: (
            {"kms:EncryptionContextKeys": set(context)}[key] <= set(wanted)
        ),
        "Null": lambda key, wanted: (key not in values) is (wanted == "true"),
    }
    return all(tests[test](key, wanted) for test, keys in condition.items() for key, wanted in keys.items())
