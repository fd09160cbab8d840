from datetime import UTC, datetime, timedelta

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
FAR = NOW + 10_000 * DAY
