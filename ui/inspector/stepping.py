"""Where a number goes when it is stepped up or down, and which bounds hold it."""

import math

from dllab.declare import FormField
from dllab.text import _
from ui.inspector.parsing import Number, Refusal, show_number

_SMALLEST = 1e-5
"""Below this the 1-2-5 steps fall to 0, where 0 is allowed."""
_SHARE_STEP = 0.05
_NO_REAL_BOUND = 50_000
"""Upper bounds from here on only keep out nonsense; showing them would say nothing."""


def bound_refusal(value: Number, field: FormField) -> Refusal | None:
    """Why a number is outside the bounds of a field, or None."""
    lower, upper = field.lower, field.upper
    if lower is not None and (value <= lower if field.exclusive[0] else value < lower):
        text = _("Must be more than {bound}.") if field.exclusive[0] else _("Must be at least {bound}.")
        return Refusal(text.format(bound=bound_text(lower)))
    if upper is not None and (value >= upper if field.exclusive[1] else value > upper):
        text = _("Must be less than {bound}.") if field.exclusive[1] else _("Must be at most {bound}.")
        return Refusal(text.format(bound=bound_text(upper)))
    return None


def show_bounds(field: FormField, brief: bool = True) -> str:
    """The bounds as a caption: "1 – 255", "≥ 1", "> 0"; `brief` leaves out upper bounds too large to matter."""
    lower, upper = field.lower, field.upper
    if brief and upper is not None and abs(upper) >= _NO_REAL_BOUND:
        upper = None
    low, high = "" if lower is None else bound_text(lower), "" if upper is None else bound_text(upper)
    if low and high:
        return f"{'>' if field.exclusive[0] else ''}{low} – {'<' if field.exclusive[1] else ''}{high}"
    if low:
        return f"{'>' if field.exclusive[0] else '≥'} {low}"
    return f"{'<' if field.exclusive[1] else '≤'} {high}" if high else ""


def bound_text(bound: float) -> str:
    """A bound with thousands separators."""
    return f"{bound:,.0f}" if float(bound).is_integer() else show_number(bound)


def stepped(value: Number | None, up: bool, far: bool, field: FormField) -> Number | None:
    """The next value of a field: whole numbers by 1 (`far`: doubled, halved), shares by 0.05, others by 1-2-5.

    Stays where it is rather than leave the bounds; "automatic" (None) lies below the lower bound.
    """
    if value is None:
        return _first(field) if up else None
    if field.type == "int":
        following: Number = _whole(int(value), up, far)
    elif is_share(field):
        following = _share(float(value), up, far)
    else:
        following = _decade(float(value), up, field)
    held = _held(value, following, field)
    return None if field.optional and not up and held == value else held


def is_share(field: FormField) -> bool:
    """Whether the field lies between 0 and 1 as a probability does, not as a tiny epsilon does."""
    within = field.lower is not None and field.lower >= 0 and field.upper is not None and field.upper <= 1
    return field.type == "float" and within and not 0 < (field.default or 0) < _SHARE_STEP


def _first(field: FormField) -> Number:
    start = field.default if isinstance(field.default, (int, float)) else field.lower or 0
    if start == field.lower and field.exclusive[0]:
        start += 1
    return int(start) if field.type == "int" else float(start)


def _whole(value: int, up: bool, far: bool) -> int:
    if not far:
        return value + 1 if up else value - 1
    if abs(value) < 2:
        return value + (1 if up else -1)
    return value * 2 if (value > 0) == up else int(value / 2)


def _share(value: float, up: bool, far: bool) -> float:
    step = _SHARE_STEP / 5 if far else _SHARE_STEP
    place = round(value / step, 6)
    return round((math.floor(place) + 1 if up else math.ceil(place) - 1) * step, 6)


def _decade(value: float, up: bool, field: FormField) -> float:
    """1, 2, 5, 10, 20 … upwards; mirrored below 0."""
    if value < 0 or (value == 0 and not up):
        return 0.0 - _decade(-value, not up, field)
    if value == 0:
        return _SMALLEST
    power = 10.0 ** math.floor(math.log10(value))
    places = [float(f"{m * power:.1g}") for m in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20)]
    places = [p for p in places if 0 < p < math.inf]
    if up:
        return next((p for p in places if p > value * (1 + 1e-9)), value)
    below = next((p for p in reversed(places) if p < value * (1 - 1e-9)), value)
    return 0.0 if below < _SMALLEST * (1 - 1e-9) and bound_refusal(0, field) is None else below


def _held(value: Number, following: Number, field: FormField) -> Number:
    """`following`, or the bound it would pass, or `value` where the bound itself is refused."""
    if bound_refusal(following, field) is None:
        return following
    bound = field.lower if following < value else field.upper
    if bound is None or bound_refusal(bound, field):
        return value
    return int(bound) if field.type == "int" else float(bound)
