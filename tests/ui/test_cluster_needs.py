"""What a clustering will take stands on its page before anything starts."""

from collections.abc import Callable

from dllab.document import edits
from dllab.templates import load_template
from ui.document import Document
from ui.inspector.needs import NeedsSection
from ui.shell.window import Window


def test_the_estimate_follows_the_parameters_and_the_data(make_window: Callable[..., Window]) -> None:
    document = Document()
    document.open(load_template("cluster-iris"))
    window = make_window(document)
    window.canvas.select(["agglomerative"])
    (needs,) = window.findChildren(NeedsSection)
    assert needs.words.text() == "150 samples\nless than a second, 1 MB of memory"
    document.apply("", lambda e: edits.set_path(e, "data", load_template("cluster-moons").data))
    document.apply("", lambda e: edits.set_path(e, "data.samples", 20_000))
    assert needs.words.text() == "20,000 samples\nabout 17 s, 3.0 GB of memory"
    document.apply("", lambda e: edits.set_param(e, "agglomerative", "linkage", "single"))
    assert needs.words.text() == "20,000 samples\nabout 4 s, 4 MB of memory"
