"""What runs on AWS."""

from collections.abc import Iterable

from raum.api import AuditSink, DataClass, DataUse, Part, hookimpl
from raum_aws.archive import ArchiveOptions, S3Archive


@hookimpl
def raum_audit_sinks() -> Iterable[Part[AuditSink]]:
    """The part `s3`."""
    yield Part(
        "s3",
        S3Archive,
        lambda options: DataUse(
            {DataClass.IDS},
            goes_to="an S3 bucket",
            regions=(options.region,),
            kept=f"{options.retention_days} days at least, by Object Lock",
        ),
        ArchiveOptions,
        summary="keeps hashes of entries and checkpoints in S3, where nobody can change or delete them",
    )
