"""The cards of the welcome page: nothing on them is cut off."""

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QFontMetrics

from ui.shell.cards import fitted
from ui.shell.theme import interface_font


@pytest.mark.parametrize("width", [140, 180, 230])
def test_a_sentence_takes_the_room_there_is_and_says_when_it_is_not_whole(qapp, width: int) -> None:
    metrics = QFontMetrics(interface_font(12))
    sentence = "The same digits in three colours: one matrix takes all channels, and the number of weights shows it."
    lines = []
    for count in range(1, 9):
        shown = fitted(sentence, metrics, QRect(0, 0, width, count * metrics.lineSpacing()))
        assert shown == sentence or (shown.endswith(" …") and sentence.startswith(shown.removesuffix(" …")))
        lines.append(len(shown))
    assert lines == sorted(lines)
    assert lines[0] < len(sentence) == lines[-1]
