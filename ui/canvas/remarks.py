"""What a run in training says of nodes, as marks beside those of checking."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from dllab.checking import Check, Problem
from dllab.document.flat import SEPARATOR
from ui.page import Page


def remarked(page: Page, remarks: Sequence[Problem]) -> Check:
    """The page's check with these warnings; their ids are those from the top of the document."""
    found = page.check
    here = tuple(_on_page(page, remarks))
    return replace(found, problems=(*found.problems, *here)) if here else found


def _on_page(page: Page, remarks: Sequence[Problem]) -> Iterator[Problem]:
    for name in page.experiment.model.nodes:
        whole = page.whole_id(name)
        for remark in remarks:
            # A group shows what was found inside it.
            if remark.node == whole or remark.node.startswith(whole + SEPARATOR):
                yield replace(remark, node=name)
