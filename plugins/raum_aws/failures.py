"""What the failures of KMS mean to the host, by their codes
(https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html, and each call's own page)."""

from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
)

from raum.api import KeyRefused, KeysUnavailable, NotDecryptable

_BUSY: Final = frozenset(
    (
        "DependencyTimeoutException", "InternalFailure", "KMSInternalException", "KeyUnavailableException",
        "LimitExceededException", "RequestLimitExceeded", "RequestTimeout", "ServiceUnavailable",
        "ServiceUnavailableException", "Throttling", "ThrottlingException", "TooManyRequestsException",
    )
)  # fmt: skip

_CHANGED: Final = frozenset(("IncorrectKeyException", "InvalidCiphertextException"))

_REFUSED: Final = {
    "AccessDeniedException": "the host's AWS role may not use the KMS key for this; compare its policy and the key's",
    "DisabledException": "the KMS key is disabled",
    "ExpiredTokenException": "the host's AWS credentials have expired",
    "InvalidKeyUsageException": "the KMS key is not a symmetric key for encryption",
    "InvalidSignatureException": "the host's AWS credentials are not valid, or its clock is wrong",
    "KMSInvalidStateException": "the KMS key cannot be used in its state; it may be about to be deleted",
    "NotFoundException": "there is no KMS key of this ARN",
    "UnrecognizedClientException": "the host's AWS credentials are not valid",
    "UnsupportedOperationException": "the KMS key is of a kind that does not do this",
}

_WITHOUT_CREDENTIALS: Final = (NoCredentialsError, NoRegionError, PartialCredentialsError, ProfileNotFound)


def failure_of(error: ClientError | BotoCoreError) -> KeyRefused | KeysUnavailable | NotDecryptable:
    """The failure of the host's own that it stands for. What is not known counts as a refusal: nothing goes on."""
    if not isinstance(error, ClientError):
        if isinstance(error, _WITHOUT_CREDENTIALS):
            return KeyRefused("the host has no AWS credentials, or not all of them")
        return KeysUnavailable("AWS KMS cannot be reached; try again later")
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _CHANGED:
        return NotDecryptable()
    if code in _REFUSED:
        return KeyRefused(f"{_REFUSED[code]} ({code})")
    if code in _BUSY or status >= 500 or status == 429:
        return KeysUnavailable("AWS KMS is busy or has failed; try again later")
    return KeyRefused("AWS KMS refused the call for a reason that raum does not know; CloudTrail says which")
