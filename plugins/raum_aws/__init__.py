"""Parts on the services of AWS, over boto3 (extra `aws`)."""

from collections.abc import Iterable

from raum.api import DataClass, DataUse, KeyManager, OperatorError, Part, hookimpl
from raum_aws.options import KmsOptions, region_of

__all__ = ["KmsOptions", "raum_key_managers"]


def _kms(options: KmsOptions) -> KeyManager:
    """The key manager. Imports boto3 only here."""
    try:
        from raum_aws.kms import Kms
    except ModuleNotFoundError:
        raise OperatorError("the SDK of AWS is not installed; run `pip install 'raum[aws]'`") from None
    return Kms(options)


def _kms_use(options: KmsOptions) -> DataUse:
    return DataUse({DataClass.SECRETS}, goes_to="AWS KMS", regions=(region_of(options.key_arn),))


@hookimpl
def raum_key_managers() -> Iterable[Part[KeyManager]]:
    """The part `kms`."""
    yield Part("kms", _kms, _kms_use, KmsOptions, summary="encrypts credentials with a key of AWS KMS")
