"""Every text a person sees goes through `_`; texts in declarations are marked with `N_` and translated when shown."""

import gettext
import math
import re
from pathlib import Path

LANGUAGES = {"en": "English"}
PSEUDO = "pseudo"

_catalogue: gettext.NullTranslations = gettext.NullTranslations()
_pseudo = False
_code = "en"
_ACCENTS = str.maketrans("AEIOUaeiouCcNnYy", "ÀÉÎÕÜàéîõüÇçÑñÝý")


def _(message: str) -> str:
    """Translate a text into the language in use."""
    if not message:
        return message
    if _pseudo:
        return _pseudo_text(message)
    return _catalogue.gettext(message)


def ngettext(one: str, many: str, count: int) -> str:
    """Translate a text whose form depends on a number; the caller formats `{count}` in."""
    if _pseudo:
        return _pseudo_text(one if count == 1 else many)
    return _catalogue.ngettext(one, many, count)


def N_(message: str) -> str:
    """Mark a text for translation where it is declared; `_` translates it where it is shown."""
    return message


def set_language(code: str, folder: Path | None = None) -> None:
    """Use the catalogue of `code` ("en", "zh_CN", …); `PSEUDO` marks every translated text, for tests."""
    global _catalogue, _pseudo, _code
    _code = code
    _pseudo = code == PSEUDO
    folder = folder or Path(__file__).resolve().parent.parent / "resources" / "translations"
    _catalogue = gettext.translation("dllab", folder, [code], fallback=True)


def language() -> str:
    """Code of the language in use, for the processes that are started."""
    return _code


def _pseudo_text(message: str) -> str:
    """Accent the letters and bracket the whole, leaving `{placeholders}`, $formulas$ and `code` as they are."""
    if message.startswith("⟦"):
        return message
    parts = re.split(r"(\$[^$]*\$|`[^`]*`|\{[^}]*\})", message)
    return "⟦" + "".join(p if p.startswith(("{", "$", "`")) else p.translate(_ACCENTS) for p in parts) + "⟧"


def show(value: float) -> str:
    """A number as people read it, in few digits: 0.0613, 1,234, 1.2e-5."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    if value == 0:
        return "0"
    size = abs(value)
    if 1e-4 <= size < 1e6:
        text = f"{value:,.0f}" if size >= 1000 else f"{value:.3g}"
    else:
        mantissa, exponent = f"{value:.1e}".split("e")
        text = f"{mantissa}e{int(exponent)}"
    return text.replace("-", "−", 1) if value < 0 else text
