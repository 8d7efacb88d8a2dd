"""Geometry and navigation are pure functions: no window needed."""

from itertools import pairwise

import pytest
from canvas_stage import branched, chain, link, node
from hypothesis import given
from hypothesis import strategies as st

from dllab.checking import check
from dllab.document import edits
from dllab.document.experiment import Choice, Experiment, Graph, Node
from ui.canvas.arrange import arranged
from ui.canvas.fitting import layers_after, layers_before, link_between, verdicts, why_not_on_wire
from ui.canvas.geometry import (
    Box,
    aligned,
    curve_points,
    distance_to_line,
    free_place,
    port_offsets,
    push_aside,
    snapped,
    united,
    wire_curve,
)
from ui.canvas.navigation import neighbour

places = st.tuples(st.integers(-400, 1200), st.integers(-300, 600))


@given(places, places)
def test_a_wire_leads_from_its_start_to_its_end(start, end):
    points = curve_points(wire_curve(start, end))
    assert (points[0], points[-1]) == (start, end)
    assert distance_to_line(start, points) == 0


@given(places, places)
def test_a_wire_leaves_to_the_right_and_arrives_from_the_left(start, end):
    points = curve_points(wire_curve(start, end))
    assert points[1][0] >= start[0] - 1e-9
    assert points[-2][0] <= end[0] + 1e-9


def test_a_wire_in_a_row_is_straight():
    assert [y for _x, y in curve_points(wire_curve((0, 5), (60, 5)))] == pytest.approx([5] * 11)


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=3), places, max_size=12), places)
def test_pushing_aside_leaves_room_for_what_was_placed(corners, at):
    boxes = {name: Box(*corner) for name, corner in corners.items()}
    placed = Box(*at)
    moved = push_aside(boxes, placed)
    assert all(moved[name][0] > boxes[name].x and moved[name][1] == boxes[name].y for name in moved)
    for name, box in boxes.items():
        if box.centre[0] >= placed.centre[0]:
            assert not box.at(moved.get(name, (box.x, box.y))).meets(placed)


def test_pushing_aside_moves_what_follows_too():
    boxes = {"a": Box(180, 0), "b": Box(360, 0), "far": Box(1200, 0), "below": Box(180, 200)}
    assert push_aside(boxes, Box(100, 0)) == {"a": (280, 0), "b": (460, 0)}


@given(st.lists(places, max_size=20), places)
def test_a_free_place_touches_nothing(corners, wanted):
    boxes = [Box(*corner) for corner in corners]
    place = free_place(boxes, wanted)
    assert not any(Box(*place).meets(box) for box in boxes)


def test_a_free_place_is_the_wanted_one_if_it_is_free():
    assert free_place([Box(400, 0)], (0, 0)) == (0, 0)


def test_snapping_goes_to_the_nearest_crossing():
    assert snapped((29.0, 31.0)) == (20.0, 40.0)


def test_ports_share_the_edge_evenly():
    assert port_offsets(1, 62) == (31,)
    offsets = port_offsets(3, 80)
    assert offsets == (20, 40, 60)


@pytest.mark.parametrize("edge", ["left", "right", "top", "bottom", "center-x", "center-y"])
def test_aligning_puts_one_edge_in_line(edge):
    boxes = {"a": Box(0, 0), "b": Box(90, 70, 200, 100)}
    after = {n: boxes[n].at(p) for n, p in aligned(boxes, edge).items()}
    read = {
        "left": lambda b: b.x, "right": lambda b: b.right, "top": lambda b: b.y, "bottom": lambda b: b.bottom,
        "center-x": lambda b: b.centre[0], "center-y": lambda b: b.centre[1],
    }[edge]  # fmt: skip
    assert len({read(b) for b in after.values()}) == 1


def test_aligning_an_edge_that_does_not_exist_is_an_error():
    with pytest.raises(ValueError, match="no edge"):
        aligned({"a": Box(0, 0)}, "middle")


@st.composite
def graphs(draw):
    count = draw(st.integers(1, 14))
    names = [f"n{i}" for i in range(count)]
    links = []
    for target in range(1, count):
        for port, source in zip(
            "ab", draw(st.lists(st.integers(0, target - 1), max_size=2, unique=True)), strict=False
        ):
            links.append(link(names[source], names[target], port))
    return Graph(nodes={n: node("add", 0, 0) for n in names}, links=tuple(links))


@given(graphs(), st.integers(2, 8))
def test_arranging_leaves_nothing_on_top_of_anything(graph, columns):
    heights = dict.fromkeys(graph.nodes, 62.0)
    boxes = {n: Box(*p) for n, p in arranged(graph, heights, columns).items()}
    assert set(boxes) == set(graph.nodes)
    names = list(boxes)
    assert not any(boxes[a].meets(boxes[b]) for i, a in enumerate(names) for b in names[:i])
    assert united(list(boxes.values())).width <= columns * 180


@given(graphs())
def test_arranged_in_one_row_wires_lead_to_the_right(graph):
    places = arranged(graph, dict.fromkeys(graph.nodes, 62.0), 99)
    assert all(places[x.source][0] < places[x.target][0] for x in graph.links)


def test_a_wire_that_passes_a_node_gets_a_way_around_it():
    graph = Graph(
        nodes={n: node("add", 0, 0) for n in ("a", "b", "c")},
        links=(link("a", "b"), link("b", "c", "a"), link("a", "c", "b")),
    )
    places = arranged(graph, dict.fromkeys(graph.nodes, 62.0), 9)
    assert places["b"][1] != places["a"][1], "the skip leads beside b, not behind it"


def test_arranging_a_loop_from_a_file_ends():
    graph = Graph(nodes={n: node("add", 0, 0) for n in "ab"}, links=(link("a", "b", "a"), link("b", "a", "a")))
    assert set(arranged(graph, dict.fromkeys("ab", 62.0), 4)) == {"a", "b"}


def test_navigation_prefers_wires():
    experiment = branched()
    boxes = {n: Box(x.x, x.y) for n, x in experiment.model.nodes.items()}
    assert neighbour(experiment.model, boxes, "add", "right") == "flatten"
    assert neighbour(experiment.model, boxes, "relu", "down") == "conv2d_2"
    assert neighbour(experiment.model, boxes, "input", "left") == ""


def test_what_fits_behind_an_image_and_behind_a_row():
    experiment = branched()
    found = check(experiment)
    image = layers_after(experiment, found, "conv2d")
    assert image[0] == "relu"
    assert "conv1d" not in image
    assert "input" not in image
    row = layers_after(experiment, found, "flatten")
    assert row[0] == "linear"
    assert "conv2d" not in row


def test_the_output_is_offered_first_when_the_network_is_ready_for_it():
    experiment = edits.remove(branched(), ["output"])
    assert layers_after(experiment, check(experiment), "linear")[0] == "output"
    assert layers_after(experiment, check(experiment), "conv2d")[0] != "output"


def test_what_could_feed_an_input():
    experiment = branched()
    kinds = layers_before(experiment, check(experiment), "conv2d")
    assert "flatten" not in kinds
    assert "conv2d" in kinds


def test_verdicts_name_their_reasons():
    experiment = branched()
    found = verdicts(experiment, check(experiment), ("relu", ("out", "out")))
    assert found[("relu", ("in", "in"))].mark == "refused"
    assert "itself" in found[("relu", ("in", "in"))].reason
    assert found[("conv2d", ("in", "in"))].mark == "refused"
    assert found[("conv2d_2", ("in", "in"))].mark == "fits"
    backwards = verdicts(experiment, check(experiment), ("relu", ("in", "in")))
    assert backwards[("add", ("out", "out"))].mark == "refused"
    assert backwards[("input", ("out", "out"))].mark == "fits"


def test_a_wire_joins_an_output_and_an_input_only():
    assert str(link_between(("a", ("in", "in")), ("b", ("out", "out")))) == "b.out -> a.in"
    assert link_between(("a", ("in", "in")), ("b", ("in", "in"))) is None


def test_why_a_layer_cannot_stand_in_a_wire():
    experiment = chain()
    found = check(experiment)
    wire = experiment.model.links[1]
    assert why_not_on_wire(experiment, found, "tanh", wire) == ""
    assert "Conv2d" in why_not_on_wire(experiment, found, "conv2d", wire)
    assert why_not_on_wire(experiment, found, "output", wire) is None
    assert why_not_on_wire(experiment, found, "nobody", wire) is None


def test_geometry_of_an_empty_graph():
    assert arranged(Graph(), {}, 5) == {}
    assert list(pairwise(curve_points(wire_curve((0, 0), (0, 0)))))
    assert Experiment().model.nodes == {}


def test_an_input_is_offered_before_what_takes_the_data():
    lonely = Experiment(data=Choice(kind="iris"), model=Graph(nodes={"linear": Node(kind="linear")}))
    assert "input" in layers_before(lonely, check(lonely), "linear")
    maps = Experiment(data=Choice(kind="iris"), model=Graph(nodes={"conv2d": Node(kind="conv2d")}))
    assert "input" not in layers_before(maps, check(maps), "conv2d")
