"""What a typed number means. Nothing is guessed: what could mean two numbers is refused, with the reason."""

import math
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from dllab.text import _

Number = int | float
Kind = Literal["int", "float"]

_LONGEST = 60
_POINT, _COMMA = ".", ","
# Marks of keyboards and input methods that mean exactly one ASCII character.
_SAME = str.maketrans({"−": "-", "﹣": "-", "－": "-", "＋": "+", "．": ".", "，": ",", "٫": ".", "ｅ": "e", "Ｅ": "e"})
_GROUP_MARKS = {" ": " ", "\u00a0": " ", "\u2009": " ", "\u202f": " ", "'": "'", "’": "'", "_": "_"}
_FORM = re.compile(r"([+-]?)([0-9.,' _]+)(?:[eE]([+-]?[0-9]{1,5}))?")
_GROUPED = re.compile(r"[0-9]{1,3}(?:[' _][0-9]{3})+")


@dataclass(frozen=True)
class Refusal:
    """Why a text was not taken, as one sentence."""

    sentence: str


def parse_number(text: str, kind: Kind) -> Number | Refusal:
    """The number that `text` means, with a point or a comma as decimal mark and an optional exponent."""
    plain = _ascii(text.strip())
    if not plain:
        return Refusal(_("Type a number."))
    match = _FORM.fullmatch(plain) if len(plain) <= _LONGEST else None
    readings = _readings(match[2], whole=kind == "int") if match else ()
    if match is None or not readings:
        return Refusal(_("This is not a number: write it like 12, 0.5 or 1e-3."))
    power = f"e{match[3]}" if match[3] else ""
    if len(readings) > 1:
        return _ambiguous(text.strip(), [f"{match[1].strip('+')}{r}{power}" for r in readings], whole=kind == "int")
    return _value(match[1] + readings[0] + power, kind)


def parse_ints(text: str) -> tuple[int, ...] | Refusal:
    """Whole numbers with commas, spaces or × between them, as in "16, 4, 4"."""
    parts = [p for p in re.split(r"[\s,;×x*()\[\]]+", _ascii(text)) if p]
    if not all(re.fullmatch(r"[+-]?[0-9]{1,18}", p) for p in parts):
        return Refusal(_("Write whole numbers with commas between them, like 16, 4, 4."))
    return tuple(map(int, parts))


def show_number(value: object) -> str:
    """A number so that `parse_number` gives it back: no thousands marks, no needless zeros."""
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value)


def _value(exact: str, kind: Kind) -> Number | Refusal:
    value = float(exact)
    if not math.isfinite(value):
        return Refusal(_("This number is too large."))
    if value == 0 and re.search(r"[1-9]", exact.partition("e")[0]):
        return Refusal(_("This number is too small to tell from 0."))
    if kind == "float":
        return value
    whole = Decimal(exact)  # float rounds above 2**53
    return int(whole) if whole == whole.to_integral_value() else Refusal(_("Must be a whole number."))


def _ascii(text: str) -> str:
    """Digits of every script as 0-9, one sign for each mark; anything else stays and is refused later."""
    text = text.translate(_SAME)
    return "".join(
        str(unicodedata.decimal(c)) if unicodedata.category(c) == "Nd" else _GROUP_MARKS.get(c, c) for c in text
    )


def _readings(body: str, whole: bool) -> tuple[str, ...]:
    """What the digits and marks may mean, each with at most one point: none for what no one writes, two if doubtful."""
    head, mark, tail = _decimal_mark(body)
    if tail and not tail.isdigit():
        return ()
    digits = _ungrouped(head, mark)
    if digits is None or not (digits or tail):
        return ()
    if not mark:
        return (digits,)
    number = f"{digits or 0}.{tail or 0}"
    # "1,234" is 1.234 to some and 1234 to others. A point always is the decimal mark, except where whole
    # numbers are asked for: there "1.000" may well be a thousand.
    doubtful = (mark == _COMMA or whole) and digits == head and len(tail) == 3
    return (number, head + tail) if doubtful and re.fullmatch(r"[1-9][0-9]{0,2}", head) else (number,)


def _decimal_mark(body: str) -> tuple[str, str, str]:
    """(before, mark, after): the last of `.` and `,` if it stands once; a mark that repeats groups thousands."""
    last = max(body.rfind(_POINT), body.rfind(_COMMA))
    if last < 0 or body.count(body[last]) > 1:
        return body, "", ""
    return body[:last], body[last], body[last + 1 :]


def _ungrouped(head: str, mark: str) -> str | None:
    """The whole part without thousands marks, where they stand as thousands marks do."""
    if not head or head.isdigit():
        return head
    other = _COMMA if mark == _POINT else _POINT
    for group in (_COMMA, _POINT) if not mark else (other,):
        if re.fullmatch(rf"[1-9][0-9]{{0,2}}(?:{re.escape(group)}[0-9]{{3}})+", head):
            return head.replace(group, "")
    if _GROUPED.fullmatch(head) and len(set(head) - set("0123456789")) == 1:
        return re.sub(r"[' _]", "", head)
    return None


def _ambiguous(typed: str, readings: list[str], whole: bool) -> Refusal:
    small, large = readings
    if whole:
        sentence = _("{text} could mean {small} or {large}: write {large} if you mean that.")
    else:
        sentence = _("{text} could mean {small} or {large}: write one of these.")
    return Refusal(sentence.format(text=typed, small=small, large=large))
