"""The part `syslog`: who did what, as messages of RFC 5424 over TLS (RFC 5425), for a SIEM.

What was said is not sent: it must be possible to erase it, and a log collector forgets nothing. What an account's
settings were changed from and to is sent, secrets apart: the tone and the signature of its replies are the staff's own
words. TLS has no answer that
a message was kept, so what was under way when the connection broke may be lost there; the host's own log has it.
"""

from collections.abc import Iterable

from raum.api import UNKNOWN_REGION, AuditSink, DataClass, DataUse, Part, hookimpl, is_loopback
from raum_syslog.sink import SyslogOptions, SyslogSink


def _data_use(options: SyslogOptions) -> DataUse:
    regions = () if is_loopback(options.host) else (options.region or UNKNOWN_REGION,)
    return DataUse(
        {DataClass.IDS, DataClass.SETTINGS, DataClass.METRICS},
        goes_to="a log collector",
        regions=regions,
        kept="as the collector keeps it",
    )


@hookimpl
def raum_audit_sinks() -> Iterable[Part[AuditSink]]:
    """The part `syslog`."""
    yield Part(
        "syslog",
        SyslogSink,
        _data_use,
        SyslogOptions,
        summary="sends who did what to a log collector, by syslog over TLS",
    )
