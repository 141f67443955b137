"""Time as the shop sees it: always UTC, also where the database forgets the zone."""

from datetime import date, datetime, time, timezone


def utcnow() -> datetime:
    """Return the current moment in UTC."""
    return datetime.now(timezone.utc)


def as_utc(moment: datetime) -> datetime:
    """Return the moment in UTC; SQLite hands datetimes back without a zone, and those are UTC."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=timezone.utc)
    return moment.astimezone(timezone.utc)


def day_start(day: date) -> datetime:
    """Return the first moment of a day."""
    return datetime.combine(day, time.min, tzinfo=timezone.utc)


def day_end(day: date) -> datetime:
    """Return the last moment of a day."""
    return datetime.combine(day, time.max, tzinfo=timezone.utc)
