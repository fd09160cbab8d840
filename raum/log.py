"""Logging: JSON lines of the host's own words. What libraries log is cut down to where it was logged."""

import json
import logging
import sys
import traceback
from typing import Final

import structlog

# Libraries write requests, bodies, statements and parameters at DEBUG and INFO; nobody but the host logs below WARNING.
_OWN: Final = ("raum", "uvicorn.error")


def configure(level: str = "INFO") -> None:
    """Send events to standard error, one JSON object a line; `level` is one of the names of `logging`."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_WithoutContent())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in _OWN:
        logging.getLogger(name).setLevel(level)


class _WithoutContent(logging.Formatter):
    """One JSON object a record. Only the web server's messages are kept: any other may quote what passed through."""

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, object] = {"level": record.levelname.lower(), "logger": record.name}
        if record.name == "uvicorn.error" and not record.exc_info:
            event["event"] = record.getMessage()
        else:
            event["where"] = f"{record.filename}:{record.lineno}"
        if record.exc_info and record.exc_info[1] is not None:
            event["error"] = type(record.exc_info[1]).__name__
            event["raised"] = where(record.exc_info[1])
        return json.dumps(event)


def where(error: BaseException) -> list[str]:
    """The places an exception came through, `file:line function`, without its text and without source lines."""
    frames = traceback.extract_tb(error.__traceback__, limit=-8)
    return [f"{'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno} {frame.name}" for frame in frames]
