"""Any sequence of edits, undone and redone, against the values that were there before."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from thorough import times

from dllab.checking import apply_fix, check
from dllab.document import edits
from dllab.document.diff import diff
from dllab.document.edits import Refused
from dllab.document.experiment import Experiment, Frame, Graph, Link, Node, Note
from dllab.document.format import from_text, graph_from_text, graph_to_text, to_text
from dllab.document.grouping import group, ungroup
from dllab.layers import LAYERS

KINDS = sorted(layer.kind for layer in LAYERS)
PLACES = st.floats(-1000, 1000).map(round).map(float)
NUMBERS = st.integers(0, 1000)


class Editing(RuleBasedStateMachine):
    """What a person does, with the history that the window keeps: experiments and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.history = [Experiment()]
        self.texts = [to_text(Experiment())]
        self.place = 0

    @property
    def now(self) -> Experiment:
        return self.history[self.place]

    def do(self, new: Experiment) -> None:
        if new == self.now:
            return
        self.history[self.place + 1 :] = [new]
        self.texts[self.place + 1 :] = [to_text(new)]
        self.place += 1

    def pick(self, number: int, among: list[str]) -> str:
        return among[number % len(among)]

    @rule(kind=st.sampled_from([*KINDS, "quantum"]), x=PLACES, y=PLACES)
    def add(self, kind: str, x: float, y: float) -> None:
        model = self.now.model
        name = edits.fresh_id({*model.nodes, *model.notes, *model.frames}, kind)
        self.do(edits.add_node(self.now, name, Node(kind=kind, x=x, y=y)))

    @precondition(lambda self: self.now.model.nodes)
    @rule(start=NUMBERS, end=NUMBERS, port=st.sampled_from(("in", "a", "b")))
    def connect(self, start: int, end: int, port: str) -> None:
        names = list(self.now.model.nodes)
        link = Link(source=self.pick(start, names), target=self.pick(end, names), input=port)
        if edits.reaches(self.now.model, link.target, link.source):
            with pytest.raises(Refused, match=r"loop|feed itself"):
                edits.connect(self.now, link)
        else:
            self.do(edits.connect(self.now, link))
            assert link in self.now.model.links

    @precondition(lambda self: self.now.model.links)
    @rule(number=NUMBERS, kind=st.sampled_from(("relu", "dropout", "add")))
    def insert(self, number: int, kind: str) -> None:
        link = self.now.model.links[number % len(self.now.model.links)]
        name = edits.fresh_id(self.now.model.nodes, kind)
        port = LAYERS[kind]().input_ports()[0]
        new = edits.add_node(self.now, name, Node(kind=kind))
        self.do(edits.insert_on_link(new, link, name, port))
        assert link not in self.now.model.links

    @precondition(lambda self: self.now.model.links)
    @rule(numbers=st.lists(NUMBERS, max_size=3))
    def disconnect(self, numbers: list[int]) -> None:
        links = self.now.model.links
        gone = [links[n % len(links)] for n in numbers]
        self.do(edits.disconnect(self.now, gone))
        assert not set(gone) & set(self.now.model.links)

    @precondition(lambda self: self.now.model.nodes)
    @rule(numbers=st.lists(NUMBERS, max_size=3), join=st.booleans())
    def remove(self, numbers: list[int], join: bool) -> None:
        names = list(self.now.model.nodes)
        gone = {self.pick(n, names) for n in numbers}
        before = self.now
        self.do(edits.remove(before, gone, join))
        assert set(self.now.model.nodes) == set(before.model.nodes) - gone

    @precondition(lambda self: self.now.model.nodes)
    @rule(numbers=st.lists(NUMBERS, max_size=3), x=PLACES, y=PLACES)
    def move(self, numbers: list[int], x: float, y: float) -> None:
        model = self.now.model
        names = [*model.nodes, *model.notes, *model.frames]
        self.do(edits.move(self.now, {self.pick(n, names): (x, y) for n in numbers}))

    @precondition(lambda self: self.now.model.nodes)
    @rule(number=NUMBERS, name=st.sampled_from(("features", "p", "extents")), value=st.integers(-1, 9) | st.none())
    def set_option(self, number: int, name: str, value: int | None) -> None:
        self.do(edits.set_param(self.now, self.pick(number, list(self.now.model.nodes)), name, value))

    @precondition(lambda self: self.now.model.nodes)
    @rule(number=NUMBERS)
    def mute(self, number: int) -> None:
        name = self.pick(number, list(self.now.model.nodes))
        self.do(edits.replace_node(self.now, name, muted=not self.now.model.nodes[name].muted))

    @precondition(lambda self: self.now.model.nodes)
    @rule(numbers=st.lists(NUMBERS, min_size=1, max_size=4))
    def put_into_a_group(self, numbers: list[int]) -> None:
        model = self.now.model
        chosen = {self.pick(n, list(model.nodes)) for n in numbers}
        name = edits.fresh_id({*model.nodes, *model.notes, *model.frames}, "group")
        try:
            grouped = group(self.now, chosen, name)
        except Refused:
            return
        assert set(grouped.model.nodes) == set(model.nodes) - chosen | {name}
        opened, made = ungroup(grouped, name)
        assert len(made) == len(chosen)
        assert len(opened.model.links) == len(model.links)
        self.do(grouped)

    @precondition(lambda self: any(node.kind == "group" for node in self.now.model.nodes.values()))
    @rule(number=NUMBERS)
    def lay_a_group_open(self, number: int) -> None:
        name = self.pick(number, [n for n, node in self.now.model.nodes.items() if node.kind == "group"])
        try:
            opened, made = ungroup(self.now, name)
        except Refused:
            return
        self.do(opened)
        assert set(made) <= set(self.now.model.nodes)

    @rule(numbers=st.lists(NUMBERS, max_size=4))
    def copy_and_paste(self, numbers: list[int]) -> None:
        model = self.now.model
        names = [*model.nodes, *model.notes, *model.frames]
        part = edits.fragment(self.now, [self.pick(n, names) for n in numbers] if names else [])
        carried = graph_from_text(graph_to_text(part))
        assert carried == part
        before = len(names)
        new, made = edits.paste(self.now, carried, 30, 30)
        self.do(new)
        assert len(made) == len(part.nodes) + len(part.notes) + len(part.frames)
        model = self.now.model
        assert len(model.nodes) + len(model.notes) + len(model.frames) == before + len(made)

    @rule(text=st.text(st.characters(exclude_categories=("Cs",)), max_size=5), x=PLACES, frame=st.booleans())
    def write(self, text: str, x: float, frame: bool) -> None:
        taken = {*self.now.model.nodes, *self.now.model.notes, *self.now.model.frames}
        name = edits.fresh_id(taken, "frame" if frame else "note")
        if frame:
            self.do(edits.set_frame(self.now, name, Frame(title=text, x=x, y=0)))
        else:
            self.do(edits.set_note(self.now, name, Note(text=text, x=x, y=0)))

    @rule(path=st.sampled_from(("seed", "training.epochs", "data.samples")), value=st.integers(1, 99))
    def set_anything(self, path: str, value: int) -> None:
        self.do(edits.set_path(self.now, path, value))

    @rule(number=NUMBERS)
    def mend(self, number: int) -> None:
        fixes = [fix for problem in check(self.now).problems for fix in problem.fixes]
        if fixes:
            self.do(apply_fix(self.now, fixes[number % len(fixes)]))

    @rule(steps=st.integers(1, 5))
    def undo(self, steps: int) -> None:
        self.place = max(0, self.place - steps)

    @rule(steps=st.integers(1, 5))
    def redo(self, steps: int) -> None:
        self.place = min(len(self.history) - 1, self.place + steps)

    @rule()
    def save_and_load(self) -> None:
        opened = from_text(to_text(self.now)).experiment
        assert opened == self.now
        self.history[self.place] = opened

    @invariant()
    def nothing_dangles(self) -> None:
        model = self.now.model
        assert Graph.model_validate(dict(model)) == model

    @invariant()
    def earlier_values_are_untouched(self) -> None:
        assert to_text(self.now) == self.texts[self.place]

    @invariant()
    def checking_has_an_answer(self) -> None:
        found = check(self.now)
        # What lies in groups is told too, by its way from the top.
        assert {name for name in found.nodes if "/" not in name} == set(self.now.model.nodes)

    @invariant()
    def the_diff_leads_from_one_to_the_other(self) -> None:
        if self.place:
            before, now = self.history[self.place - 1].model, self.now.model
            found = diff(self.history[self.place - 1], self.now)
            assert ({*before.nodes} | found.added) - found.removed >= {*now.nodes}
            assert {*before.links} - {*found.links_removed} | {*found.links_added} == {*now.links}


TestEditing = pytest.mark.thorough(Editing.TestCase)
TestEditing.settings = settings(max_examples=times(80, 1000), stateful_step_count=60, deadline=None)
