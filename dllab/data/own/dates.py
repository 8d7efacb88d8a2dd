"""What a date becomes: days since the first one, its month and its weekday."""

from datetime import date, timedelta

from dllab.text import _

MONTHS, WEEKDAYS = 12, 7
WIDTH = 1 + MONTHS + WEEKDAYS
"""Numbers of a date: days, and one 0 or 1 for each month and each weekday."""


def names(column: str) -> tuple[str, ...]:
    """What the numbers of a date are called."""
    months = (_("{column}, month {number}").format(column=column, number=n + 1) for n in range(MONTHS))
    weekdays = (_("{column}, weekday {number}").format(column=column, number=n + 1) for n in range(WEEKDAYS))
    return (_("{column}, days").format(column=column), *months, *weekdays)


def said(day: float) -> str:
    """A day as people write it the world over."""
    return (date(1970, 1, 1) + timedelta(int(day))).isoformat()


def file_of(place: int) -> str:
    """Where the days of a column are kept."""
    return f"days-{place}.f64"
