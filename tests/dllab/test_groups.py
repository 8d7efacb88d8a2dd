"""Groups: the same network in fewer boxes, wherever it is checked, built, trained, kept and exported."""

from random import Random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dllab.build.code import to_code
from dllab.build.module import build
from dllab.checking import Check, apply_fix, check, page
from dllab.document import edits
from dllab.document.edits import Refused
from dllab.document.experiment import Experiment, Graph, Link, Node
from dllab.document.flat import DEPTH_LIMIT, flatten, home_of, ports_of
from dllab.document.format import from_text, graph_from_text, graph_to_text, to_text
from dllab.document.grouping import group, ungroup
from dllab.document.paths import graph_at, page_of, within
from dllab.training.run import train
from tests.support.graphs import experiment, random_experiment, wired


def residual(repeat: int = 1) -> Experiment:
    """x + relu(linear(x)), in a group."""
    made = wired(
        {
            "input": "input",
            "first": ("linear", {"features": 6}),
            "linear": ("linear", {"features": 6}),
            "relu": "relu",
            "add": "add",
            "last": ("linear", {"features": 2}),
            "output": "output",
        },
        "input.out -> first.in",
        "first.out -> linear.in",
        "linear.out -> relu.in",
        "relu.out -> add.a",
        "first.out -> add.b",
        "add.out -> last.in",
        "last.out -> output.in",
    )
    made = group(made, ["linear", "relu", "add"], "block", "Residual block")
    return edits.set_param(made, "block", "repeat", repeat) if repeat > 1 else made


def short(made: Experiment, epochs: int = 2) -> Experiment:
    recipe = made.training.model_copy(update={"epochs": epochs, "batch_size": 16})
    return made.model_copy(update={"training": recipe})


def some_group(made: Experiment, random: Random) -> Experiment | None:
    """The experiment with a random part of it in a group; None where that part can't be one."""
    names = [n for n, node in made.model.nodes.items() if node.kind not in ("input", "output")]
    chosen = random.sample(names, random.randint(1, len(names))) if names else []
    try:
        return group(made, chosen, edits.fresh_id(made.model.nodes, "group"), "Part")
    except Refused:
        return None


# --- the document -------------------------------------------------------------------------------------------------------


def test_a_group_has_the_ports_its_border_needs() -> None:
    made = residual()
    node = made.model.nodes["block"]
    assert node.inside is not None
    assert ports_of(node.inside) == (("in",), ("out",))
    assert set(node.inside.nodes) == {"linear", "relu", "add", "in", "out"}
    assert {str(x) for x in made.model.links} == {
        "input.out -> first.in",
        "first.out -> block.in",
        "block.out -> last.in",
        "last.out -> output.in",
    }
    assert {x.end for x in node.inside.out_of("in")} == {("linear", "in"), ("add", "b")}


def test_a_group_is_kept_in_the_file_and_on_the_clipboard() -> None:
    made = residual(3)
    assert from_text(to_text(made)).experiment == made
    part = edits.fragment(made, ["block"])
    again = graph_from_text(graph_to_text(part))
    assert again == part
    pasted, (name,) = edits.paste(made, part, 10, 10)
    assert pasted.model.nodes[name].inside == made.model.nodes["block"].inside
    # Each copy is a group of its own.
    other = within(pasted, (name,), lambda e: edits.set_param(e, "linear", "features", 9))
    assert other.model.nodes["block"] == made.model.nodes["block"]
    assert graph_at(other, (name,)).nodes["linear"].params == {"features": 9}


def test_files_without_groups_don_t_change() -> None:
    assert "inside" not in to_text(experiment(("linear", {"features": 2})))


def test_what_can_t_be_a_group_is_refused() -> None:
    made = residual()
    for ids, code in (([], "empty"), (["input", "first"], "ends"), (["first", "last"], "between")):
        with pytest.raises(Refused) as caught:
            group(made, ids, "other")
        assert caught.value.code == code
    with pytest.raises(Refused):
        ungroup(made, "first")
    with pytest.raises(Refused):
        ungroup(edits.replace_node(made, "block", muted=True), "block")


def test_groups_lie_in_each_other_to_a_depth() -> None:
    made = residual()
    for number in range(DEPTH_LIMIT):
        nested = within(made, (), lambda e: group(e, [f"g{number}" if number else "block"], f"g{number + 1}"))  # noqa: B023
        made = nested if number < DEPTH_LIMIT - 1 else made
        if number == DEPTH_LIMIT - 2:
            break
    assert check(made).trainable
    with pytest.raises(Refused, match="deep"):
        within(made, (), lambda e: group(e, [f"g{DEPTH_LIMIT - 1}"], "last_one"))


# --- checking -----------------------------------------------------------------------------------------------------------


def test_a_group_shows_what_is_in_it() -> None:
    found = check(residual(3))
    assert found.trainable
    assert found.nodes["block"].inputs == ((6,),)
    assert found.nodes["block"].shapes == {"out": (6,)}
    assert found.nodes["block"].parameters == 3 * (6 * 6 + 6)
    assert found.parameters == 2 * 6 + 6 + 3 * (6 * 6 + 6) + 6 * 2 + 2
    assert "block/2/relu" in found.order
    assert "block" not in found.order


def test_a_problem_inside_shows_on_the_group_and_inside() -> None:
    made = within(residual(2), ("block",), lambda e: edits.set_param(e, "linear", "features", 5))
    found = check(made)
    (problem,) = found.problems
    assert problem.node == "block/add"
    (outside,) = page(found, made, ()).of("block")
    assert outside.text == problem.text
    (inside,) = page(found, made, ("block",)).of("add")
    assert inside.fixes
    mended = within(made, ("block",), lambda e: edits.set_param(e, "linear", "features", 6))
    assert check(mended).problems == ()


def test_a_fix_reaches_into_the_group() -> None:
    made = within(residual(), ("block",), lambda e: edits.set_param(e, "linear", "in_features", 99))
    (problem,) = check(made).problems
    assert problem.node == "block/linear"
    mended = [apply_fix(made, fix) for fix in problem.fixes]
    assert any(check(m).problems == () for m in mended)
    wrong = within(residual(), ("block",), lambda e: edits.set_param(e, "linear", "nonsense", 1))
    (problem,) = check(wrong).problems
    assert check(apply_fix(wrong, problem.fixes[0])).problems == ()


def test_a_page_knows_its_shapes() -> None:
    made = residual(2)
    inner = page(check(made), made, ("block",))
    assert set(inner.nodes) == set(graph_at(made, ("block",)).nodes)
    assert inner.nodes["in"].shapes == {"out": (6,)}
    assert inner.nodes["linear"].shapes == {"out": (6,)}
    assert inner.nodes["out"].inputs == ((6,),)
    assert inner.order[0] == "in"
    assert page_of(made, ("block",)).data == made.data


@pytest.mark.parametrize(
    ("edit", "code", "node"),
    [
        (lambda e: edits.disconnect(e, e.model.into("block")), "open-input", "block"),
        (lambda e: edits.disconnect(e, e.model.out_of("block")), "unused", "block"),
        (lambda e: edits.connect(e, Link(source="first", target="block", input="side")), "port", "block"),
        (lambda e: within(e, ("block",), lambda p: edits.disconnect(p, p.model.into("out"))), "disconnected", "block/out"),
        (lambda e: edits.set_param(e, "block", "repeat", 0), "value", "block"),
        (lambda e: edits.add_node(e, "stray", Node(kind="group_input")), "outside", "stray"),
        (
            lambda e: within(e, ("block",), lambda p: group(edits.set_param(p, "relu", "x", 1), ["relu"], "deep")),
            "value",
            "block/deep/relu",
        ),
    ],
)  # fmt: skip
def test_flaws_of_groups(edit, code: str, node: str) -> None:  # type: ignore[no-untyped-def]
    found = check(edit(residual()))
    assert not found.trainable
    assert (code, node) in {(p.code, p.node) for p in found.problems}


def test_groups_that_would_never_end_are_refused() -> None:
    made = residual(100)
    for number in range(2, 5):
        made = group(made, [edits.fresh_id([], "block") if number == 2 else f"g{number - 1}"], f"g{number}")
        made = edits.set_param(made, f"g{number}", "repeat", 100)
    assert {p.code for p in check(made).problems} >= {"too-many"}
    ring = Graph(
        nodes={"a": Node(kind="group"), "out": Node(kind="output")},
        links=(Link(source="a", target="a"), Link(source="a", target="out")),
    )
    assert "cycle" in {p.code for p in check(Experiment(model=ring)).problems}


def test_outputs_that_find_no_input_keep_a_group_from_repeating() -> None:
    made = wired(
        {"input": "input", "a": ("linear", {"features": 2}), "b": "relu", "sum": "add", "output": "output"},
        "input.out -> a.in",
        "a.out -> b.in",
        "a.out -> sum.a",
        "b.out -> sum.b",
        "sum.out -> output.in",
    )
    made = group(made, ["a", "b"], "two")
    assert ports_of(made.model.nodes["two"].inside or Graph()) == (("in",), ("out", "out_2"))
    assert check(made).trainable
    assert {p.code for p in check(edits.set_param(made, "two", "repeat", 2)).problems} == {"repeat"}


def test_a_muted_group_passes_its_input_on() -> None:
    made = edits.replace_node(residual(2), "block", muted=True)
    found = check(made)
    assert found.trainable
    assert found.nodes["block"].parameters == 0
    assert list(build(made).layers) == ["first", "last"]


# --- building and training ------------------------------------------------------------------------------------------------


@settings(max_examples=120, deadline=None)
@given(st.randoms(use_true_random=False))
def test_grouping_changes_no_problem_and_no_order(random: Random) -> None:
    made = random_experiment(random)
    grouped = some_group(made, random)
    if grouped is None:
        return
    assert from_text(to_text(grouped)).experiment == grouped
    before, after = check(made), check(grouped)
    assert before.trainable == after.trainable
    # Twins that nothing tells apart may change places.
    assert _gone_through(after) == _gone_through(before)
    assert after.parameters == before.parameters
    assert after.output == before.output
    name = next(n for n in grouped.model.nodes if n not in made.model.nodes)
    opened, _ids = ungroup(grouped, name)
    assert {n: (x.kind, x.params) for n, x in opened.model.nodes.items()} == {
        n: (x.kind, x.params) for n, x in made.model.nodes.items()
    }
    assert set(opened.model.links) == set(made.model.links)


def _gone_through(found: Check) -> list[tuple[str, object]]:
    nodes = found.experiment.model.nodes
    return [(nodes[name].kind, nodes[name].params) for name in found.order]


@pytest.mark.parametrize("number", range(6))
def test_a_grouped_network_learns_the_same_curve(number: int) -> None:
    random = Random(number)
    while True:
        made = random_experiment(random)
        grouped = some_group(made, random) if check(made).trainable and len(made.model.nodes) > 4 else None
        twice = some_group(grouped, random) if grouped else None
        if grouped is not None and twice is not None:
            break
    losses = [train(short(x, 1), should_stop=_after(25)).losses for x in (made, grouped, twice)]
    assert losses[0] == losses[1] == losses[2]


def _after(steps: int):  # type: ignore[no-untyped-def]
    left = iter(range(steps))
    return lambda: next(left, None) is None


def test_a_repeated_block_is_the_same_as_its_copies() -> None:
    repeated = residual(3)
    opened, ids = ungroup(repeated, "block")
    assert len(ids) == 9
    first, second = train(short(repeated)), train(short(opened))
    assert first.losses == second.losses
    assert len(first.losses) > 10
    assert repeated.model.nodes["block"].title == "Residual block"


def test_other_inputs_reach_every_repetition() -> None:
    """Two inputs, one output: the first is handed on, the second comes anew each time: ((x + s) + s) + s."""
    made = wired(
        {"input": "input", "skip": ("linear", {"features": 2}), "add": "add", "output": "output"},
        "input.out -> skip.in",
        "input.out -> add.a",
        "skip.out -> add.b",
        "add.out -> output.in",
    )
    made = edits.set_param(group(made, ["add"], "sum"), "sum", "repeat", 3)
    network = build(made)
    x = torch.randn(4, 2)
    assert torch.allclose(network(x), x + 3 * network.layers["skip"](x))


def test_exported_code_of_groups_gives_the_same_numbers() -> None:
    made = residual(2)
    source = to_code(made)
    space: dict[str, object] = {}
    exec(source, space)
    network, twin = build(made), space["Net"]()  # type: ignore[operator]
    names = {name: name.replace("/", "_") for name in network.layers}
    for name, module in network.layers.items():
        getattr(twin, names[name]).load_state_dict(module.state_dict())
    x = torch.randn(5, 2)
    assert torch.equal(network(x), twin(x))


def test_ids_tell_where_a_layer_stands() -> None:
    assert home_of("block/2/conv2d") == "block/conv2d"
    made = residual()
    assert flatten(made).experiment.model.nodes.keys() == {
        "input", "first", "last", "output", "block/linear", "block/relu", "block/add",
    }  # fmt: skip
