"""What the operator says about the parts."""

import re
from collections.abc import Sequence
from typing import Any, Final

from attrs import field, frozen

from raum.api import OperatorError

# https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id-key-ARN: an alias is none, because IAM
# policies for these calls name keys.
_KEY_ARN: Final = re.compile(r"arn:aws[a-z-]{0,16}:kms:([a-z0-9-]{1,32}):[0-9]{12}:key/[a-z0-9-]{1,64}")


def _check_key(_instance: object, _attribute: Any, arn: str) -> None:
    if not _KEY_ARN.fullmatch(arn):
        raise OperatorError("must be the ARN of a key, as arn:aws:kms:REGION:ACCOUNT:key/ID; an alias is none")


def _check_former(instance: "KmsOptions", _attribute: Any, arns: Sequence[str]) -> None:
    for arn in arns:
        _check_key(instance, _attribute, arn)
        if region_of(arn) != region_of(instance.key_arn):
            raise OperatorError("must be keys in the region of key_arn; KMS moves no value from one region to another")


@frozen
class KmsOptions:
    """Options of the part `kms`.

    `key_arn` is the symmetric key that encrypts. `former_key_arns` are those that stored values may still be under:
    they decrypt, until `raum keys rewrap` has moved everything to the first.
    """

    key_arn: str = field(validator=_check_key)
    former_key_arns: tuple[str, ...] = field(default=(), validator=_check_former)


def region_of(arn: str) -> str:
    """The region that a key is in."""
    return arn.split(":")[3]
