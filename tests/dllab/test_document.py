"""The document: files that come back as they were, hostile ones refused, edits that keep their laws."""

import errno
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from documents import EXPERIMENTS, graphs
from graphs import experiment
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from thorough import times

from dllab.document import edits, format
from dllab.document.diff import diff
from dllab.document.edits import Refused
from dllab.document.experiment import Choice, Experiment, Frame, Graph, Link, Node, Note, Split
from dllab.document.format import FileProblem, Opened, from_text, graph_from_text, graph_to_text, load, save, to_text
from dllab.files import in_words, read_limited, write_atomic

GOLDEN = Path(__file__).parent.parent / "golden"
EXAMPLE = experiment(("linear", {"features": 8}), "relu", ("linear", {"features": 2}))

# --- round trips ----------------------------------------------------------------------------------------------


@pytest.mark.thorough
@settings(max_examples=times(120, 2000), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(EXPERIMENTS)
def test_round_trip(made: Experiment) -> None:
    text = to_text(made)
    again = from_text(text)
    assert again == Opened(made)
    assert to_text(again.experiment) == text


@settings(max_examples=50, deadline=None)
@given(graphs())
def test_clipboard_round_trip(part: Graph) -> None:
    assert graph_from_text(graph_to_text(part)) == part


def test_other_text_is_no_part_of_a_graph() -> None:
    for text in ("", "hello", "dllab_part", '{"dllab_part": 1, "nodes": 3}', '{"dllab_part": 99}', to_text(EXAMPLE)):
        assert graph_from_text(text) is None


def test_a_file_holds_nothing_of_the_machine(tmp_path: Path) -> None:
    path = tmp_path / "测试 目录🙂" / "modèle é.dllab"
    path.parent.mkdir()
    save(EXAMPLE, path)
    assert load(path) == Opened(EXAMPLE)
    text = path.read_text("utf-8")
    assert str(Path.home()) not in text
    assert str(tmp_path) not in text
    assert text.isascii()
    assert text.endswith("}\n")


def test_a_file_reads_well_in_a_diff() -> None:
    changed = edits.set_param(EXAMPLE, "linear", "features", 16)
    before, after = to_text(EXAMPLE).splitlines(), to_text(changed).splitlines()
    assert [(a, b) for a, b in zip(before, after, strict=True) if a != b] == [
        ('          "features": 8', '          "features": 16')
    ]
    assert '      "linear.out -> relu.in",' in before


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.dllab")), ids=lambda path: path.stem)
def test_files_of_every_version_open(path: Path) -> None:
    opened = load(path)
    assert not opened.newer
    assert {"quantum", "input", "linear"} <= set(opened.experiment.model.nodes)
    assert opened.experiment.model.nodes["quantum"].params == {"depth": 3, "gates": ("x", {"angle": 0.5}), "on": None}
    assert opened.experiment.model.notes
    assert opened.experiment.model.frames
    if path.stem == f"version-{format.SCHEMA_VERSION}":
        assert to_text(opened.experiment) == path.read_text("utf-8")


def test_a_newer_file_opens_to_be_looked_at() -> None:
    content = json.loads(to_text(EXAMPLE))
    content["schema_version"] = format.SCHEMA_VERSION + 1
    content["sweep"] = {"over": "seed"}
    content["training"]["clip"] = 1.0
    content["model"]["nodes"]["linear"]["colour"] = "red"
    assert from_text(json.dumps(content)) == Opened(EXAMPLE, newer=True)
    content["schema_version"] = format.SCHEMA_VERSION
    with pytest.raises(FileProblem, match="is not known here"):
        from_text(json.dumps(content))


def test_migrations_run_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(format, "SCHEMA_VERSION", 3)
    monkeypatch.setitem(format.MIGRATIONS, 1, lambda content: {**content, "name": "one"})
    monkeypatch.setitem(format.MIGRATIONS, 2, lambda content: {"title": content.pop("name") + " two", **content})
    assert from_text('{"schema_version": 1}').experiment.title == "one two"


# --- hostile files ----------------------------------------------------------------------------------------------------


def _file(**parts: Any) -> str:
    return json.dumps({"schema_version": 1, **parts})


HOSTILE = {
    "empty": "",
    "a list": "[]",
    "a number": "1",
    "cut off": to_text(EXAMPLE)[:200],
    "no version": "{}",
    "version of a wrong type": '{"schema_version": true}',
    "version zero": '{"schema_version": 0}',
    "deep": '{"schema_version": 1, "a": ' + "[" * 200_000 + "]" * 200_000 + "}",
    "rather deep": '{"schema_version": 1, "data": {"kind": "x", "params": {"a": ' + "[" * 70 + "]" * 70 + "}}}",
    "deep parameters": '{"schema_version": 1, "data": {"kind": "x", "params": {"a": ' + "[" * 20 + "]" * 20 + "}}}",
    "NaN": '{"schema_version": 1, "seed": NaN}',
    "Infinity": '{"schema_version": 1, "seed": -Infinity}',
    "1e999": '{"schema_version": 1, "data": {"kind": "x", "params": {"a": 1e999}}}',
    "duplicate keys": '{"schema_version": 1, "seed": 1, "seed": 2}',
    "duplicate among many": '{"schema_version": 1, '
    + ",".join(f'"k{n}": 0' for n in range(300_000))
    + ', "z":1, "z":2}',
    "5000 digits": '{"schema_version": 1, "seed": ' + "9" * 5000 + "}",
    "4000 digits": '{"schema_version": 1, "seed": ' + "9" * 4000 + "}",
    "a million nodes": '{"schema_version": 1, "model": {"nodes": {'
    + ",".join(f'"n{n}":{{}}' for n in range(10**6))
    + "}}}",
    "more nodes than one can look at": _file(model={"nodes": {f"n{n}": {"kind": "relu"} for n in range(20_000)}}),
    "many links": _file(model={"nodes": {"a": {"kind": "relu"}}, "links": ["a.out -> a.in"] * 500_000}),
    "many values": _file(data={"kind": "x", "params": {"a": [0] * 3_000_000}}),
    "half a character": '{"schema_version": 1, "title": "\\ud800"}',
    "half in parameters": '{"schema_version": 1, "data": {"kind": "x", "params": {"a": "\\ud800"}}}',
    "model of a wrong type": _file(model=[1, 2]),
    "nodes of a wrong type": _file(model={"nodes": [1]}),
    "node of a wrong type": _file(model={"nodes": {"a": 3}}),
    "bad id": _file(model={"nodes": {"../../etc": {"kind": "relu"}}}),
    "dangling link": _file(model={"nodes": {}, "links": ["a.out -> b.in"]}),
    "two links into one input": _file(
        model={"nodes": {k: {"kind": "relu"} for k in "abc"}, "links": ["a.out -> c.in", "b.out -> c.in"]}
    ),
    "link of a wrong form": _file(model={"nodes": {"a": {"kind": "relu"}}, "links": ["a to a"]}),
    "one id for two things": _file(
        model={"nodes": {"a": {"kind": "relu"}}, "notes": {"a": {"text": "", "x": 0, "y": 0}}}
    ),
    "unknown field": _file(colour="red"),
    "text for a number": _file(seed="1"),
    "truth for a number": _file(seed=True),
    "fraction for a whole": _file(seed=1.5),
    "far away": _file(model={"nodes": {"a": {"kind": "relu", "x": 1e9}}}),
    "long title": _file(title="x" * 100_000_0),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_quickly(name: str) -> None:
    start = time.perf_counter()
    with pytest.raises(FileProblem) as caught:
        from_text(HOSTILE[name])
    # Half a second on a quiet machine; this is a busy one.
    assert time.perf_counter() - start < 5.0
    assert 10 < len(str(caught.value)) < 400


def test_what_is_wrong_is_said_in_words() -> None:
    for name, words in {
        "NaN": "NaN is not a number that a file may hold",
        "1e999": "data.params must be a finite number",
        "duplicate keys": "'seed' stands in it twice",
        "5000 digits": "not readable as JSON",
        "4000 digits": "seed must be at most 2147483647, is 9999",
        "a million nodes": "holds too much",
        "more nodes than one can look at": "20,000 nodes; at most 10,000",
        "dangling link": "link a.out -> b.in joins a node that is not there",
        "link of a wrong form": "a link reads 'node.out -> node.in', not 'a to a'",
        "unknown field": "colour is not known here",
        "far away": "model.nodes.a.x must be at most 1000000",
        "deep parameters": "is nested too deeply",
    }.items():
        with pytest.raises(FileProblem) as caught:
            from_text(HOSTILE[name])
        assert words in str(caught.value), name


def test_a_file_must_be_text_of_bounded_size(tmp_path: Path) -> None:
    path = tmp_path / "x.dllab"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileProblem, match="UTF-8"):
        load(path)
    with path.open("wb") as file:
        file.truncate(format.SIZE_LIMIT + 1)
    with pytest.raises(OSError, match="larger than"):
        load(path)
    with pytest.raises(OSError, match="No such file"):
        load(tmp_path / "nowhere.dllab")
    path.write_bytes(b"\xef\xbb\xbf" + to_text(EXAMPLE).encode())
    assert load(path).experiment == EXAMPLE


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_files_open_or_are_refused(data: st.DataObject) -> None:
    text = to_text(EXAMPLE)
    for _change in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text) - 1))
        end = start + data.draw(st.integers(0, 20))
        text = (
            text[:start]
            + data.draw(st.sampled_from(("", "}", '"', "null", "[", "1e9", "{}", "\x00", ",")))
            + text[end:]
        )
    try:
        opened = from_text(text)
    except FileProblem:
        return
    assert from_text(to_text(opened.experiment)) == Opened(opened.experiment)


# --- writing is all or nothing ---------------------------------------------------------------------------------


class _Failing:
    """os with its k-th call (of those that writing makes) failing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fail_at: int) -> None:
        self.calls: list[str] = []
        self.fail_at = fail_at
        for name in ("open", "fchmod", "fsync", "replace"):
            self._wrap(monkeypatch, name)
        real_fdopen = os.fdopen

        def fdopen(handle: int, *args: Any) -> Any:
            try:
                self._count("fdopen")
            except OSError:
                os.close(handle)
                raise
            file = real_fdopen(handle, *args)
            return _File(file, self)

        monkeypatch.setattr(os, "fdopen", fdopen)

    def _wrap(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        real = getattr(os, name)

        def call(*args: Any, **options: Any) -> Any:
            self._count(name)
            return real(*args, **options)

        monkeypatch.setattr(os, name, call)

    def _count(self, name: str) -> None:
        self.calls.append(name)
        if len(self.calls) == self.fail_at:
            raise OSError(errno.EIO, f"{name} fails")


class _File:
    """A file whose write and flush are counted too; a failing write leaves half of the data behind."""

    def __init__(self, file: Any, failing: _Failing) -> None:
        self._file, self._failing = file, failing

    def __enter__(self) -> "_File":
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def fileno(self) -> int:
        number: int = self._file.fileno()
        return number

    def write(self, data: bytes) -> None:
        self._file.write(data[: len(data) // 2])
        self._failing._count("write")
        self._file.write(data[len(data) // 2 :])

    def flush(self) -> None:
        self._failing._count("flush")
        self._file.flush()


def _problem_of_writing(path: Path) -> int | None:
    try:
        write_atomic(path, b"new content")
    except OSError as error:
        return error.errno
    return None


@pytest.mark.parametrize("exists", [True, False])
def test_a_failing_system_call_leaves_the_old_file(tmp_path: Path, exists: bool) -> None:
    seen: list[str] = []
    for fail_at in range(1, 20):
        folder = tmp_path / str(fail_at)
        folder.mkdir()
        path = folder / "x.dllab"
        if exists:
            path.write_bytes(b"old")
        with pytest.MonkeyPatch.context() as monkeypatch:
            failing = _Failing(monkeypatch, fail_at)
            problem = _problem_of_writing(path)
        seen = failing.calls
        content = path.read_bytes() if path.exists() else None
        assert problem in (None, errno.EIO)
        # After the rename the new content is there; a folder that can't be synced is no reason to complain.
        assert content == ((b"old" if exists else None) if problem else b"new content")
        assert [p.name for p in folder.iterdir()] == ([path.name] if path.exists() else [])
        if len(failing.calls) < fail_at:
            break
    assert seen == ["open", "fdopen", "fchmod", "write", "flush", "fsync", "replace", "open", "fsync"]


def test_saving_replaces_what_a_link_points_to(tmp_path: Path) -> None:
    target, link = tmp_path / "real.dllab", tmp_path / "link.dllab"
    save(EXAMPLE, target)
    target.chmod(0o640)
    link.symlink_to(target)
    changed = edits.set_path(EXAMPLE, "seed", 5)
    save(changed, link)
    assert link.is_symlink()
    assert load(target).experiment == changed
    assert target.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("place", ["nowhere/x.dllab", ".", "n" * 300 + ".dllab"])
def test_places_that_can_not_be_written(tmp_path: Path, place: str) -> None:
    with pytest.raises(OSError, match=r"\[Errno \d+\]"):
        save(EXAMPLE, tmp_path / place)
    assert list(tmp_path.iterdir()) == []


ROOT = Path(__file__).resolve().parents[2]
_NO_ROOM = """
import resource, signal, sys
from pathlib import Path
from dllab.files import write_atomic
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    write_atomic(Path(sys.argv[1]), b"x" * 10_000)
except OSError as error:
    print(error.strerror)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such limits there")
def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    """R-20: half of it fits, then there is no room."""
    path = tmp_path / "x"
    write_atomic(path, b"first")
    done = subprocess.run([sys.executable, "-c", _NO_ROOM, path], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "File too large\n"
    assert read_limited(path, 5) == b"first"
    assert list(tmp_path.iterdir()) == [path]


# --- edits: pure functions with laws ----------------------------------------------------------------------------------


def test_an_edit_that_changes_nothing_gives_an_equal_experiment() -> None:
    made = EXAMPLE
    assert edits.set_param(made, "linear", "features", 8) is made
    assert edits.set_path(made, "seed", made.seed) is made
    assert edits.connect(made, made.model.links[0]) is made
    assert edits.disconnect(made, []) is made
    assert edits.move(made, {}) == made
    assert edits.remove(made, []) == made
    assert edits.replace_node(made, "relu", title="") is made
    pasted, names = edits.paste(made, edits.fragment(made, []), 5, 5)
    assert (pasted, names) == (made, ())


def test_what_was_not_touched_is_shared() -> None:
    changed = edits.set_param(EXAMPLE, "linear", "features", 9)
    assert changed.model.nodes["relu"] is EXAMPLE.model.nodes["relu"]
    assert changed.model.links is EXAMPLE.model.links
    assert changed.training is EXAMPLE.training


def test_remove_joins_the_chain() -> None:
    joined = edits.remove(EXAMPLE, ["relu", "linear"])
    assert [str(link) for link in joined.model.links] == ["linear_2.out -> output.in", "input.out -> linear_2.in"]
    assert edits.remove(EXAMPLE, ["relu"], join=False).model.into("linear_2") == ()


def test_removing_part_of_a_loop_leaves_no_layer_feeding_itself() -> None:
    nodes = {"a": Node(kind="relu"), "b": Node(kind="relu")}
    loop = Graph(nodes=nodes, links=(Link(source="a", target="b"), Link(source="b", target="a")))
    assert edits.remove(Experiment(model=loop), ["b"]).model.links == ()


def test_insert_and_remove_are_inverse() -> None:
    link = EXAMPLE.model.links[1]
    new = edits.add_node(EXAMPLE, "dropout", Node(kind="dropout"))
    inserted = edits.insert_on_link(new, link, "dropout")
    assert {str(x) for x in inserted.model.links} - {str(x) for x in EXAMPLE.model.links} == {
        "linear.out -> dropout.in",
        "dropout.out -> relu.in",
    }
    removed = edits.remove(inserted, ["dropout"])
    assert removed.model.nodes == EXAMPLE.model.nodes
    assert set(removed.model.links) == set(EXAMPLE.model.links)


def test_paste_is_a_copy_under_new_names() -> None:
    part = edits.fragment(EXAMPLE, ["linear", "relu", "linear_2"])
    pasted, names = edits.paste(EXAMPLE, part, 20, 30)
    assert names == ("linear_3", "relu_2", "linear_4")
    assert [str(x) for x in pasted.model.links[-2:]] == ["linear_3.out -> relu_2.in", "relu_2.out -> linear_4.in"]
    assert pasted.model.nodes["relu_2"].x == EXAMPLE.model.nodes["relu"].x + 20


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda e: edits.add_node(e, "relu", Node(kind="relu")), "taken"),
        (lambda e: edits.add_node(e, "Not An Id", Node(kind="relu")), "id"),
        (lambda e: edits.set_note(e, "relu", Note(text="", x=0, y=0)), "taken"),
        (lambda e: edits.set_frame(e, "1", Frame(title="", x=0, y=0)), "id"),
        (lambda e: edits.set_param(e, "nobody", "p", 1), "missing"),
        (lambda e: edits.connect(e, Link(source="relu", target="nobody")), "missing"),
        (lambda e: edits.move(e, {"relu": (float("nan"), 0)}), "value"),
        (lambda e: edits.move(e, {"relu": (1e7, 0)}), "value"),
        (lambda e: edits.set_path(e, "training.learning_rate", 0), "value"),
        (lambda e: edits.set_path(e, "training.learning_rat", 1), "path"),
        (lambda e: edits.set_path(e, "seed.x", 1), "path"),
        (lambda e: edits.set_path(e, "model.nodes.nobody.features", 1), "path"),
        (lambda e: edits.replace_node(e, "relu", title="x" * 201), "value"),
    ],
)
def test_edits_that_can_not_be_done_say_why(edit: Any, code: str) -> None:
    with pytest.raises(Refused) as caught:
        edit(EXAMPLE)
    assert caught.value.code == code
    assert str(caught.value)


def test_a_path_reaches_everything() -> None:
    made = edits.set_path(EXAMPLE, "model.nodes.linear.features", 64)
    assert made.model.nodes["linear"].params == {"features": 64}
    assert edits.set_path(made, "model.nodes.linear.params.features", 64) is made
    assert edits.set_path(made, "training.optimiser.momentum", 0.5).training.optimiser.params == {"momentum": 0.5}
    assert edits.set_path(made, "training.optimiser", "sgd").training.optimiser == Choice(kind="sgd")
    assert edits.set_path(made, "data.kind", "iris").data.kind == "iris"
    assert edits.set_path(made, "split.test", 0).split == Split(test=0.0)
    assert edits.set_path(made, "training.drop_last", None).training.drop_last is None
    assert edits.set_path(made, "model.links", ["input.out -> output.in"]).model.links == (
        Link(source="input", target="output"),
    )


def test_names_for_new_nodes_are_names_that_a_file_may_hold() -> None:
    for kind in ("linear", "My Layer!", "9lives", "", "层", "x" * 64):
        name = edits.fresh_id({"linear"}, kind)
        Graph(nodes={name: Node(kind=kind or "?")})
        assert edits.fresh_id({name}, kind) != name


def test_diff_names_what_changed() -> None:
    changed = edits.remove(edits.set_param(EXAMPLE, "linear", "features", 9), ["relu"])
    changed = edits.set_note(changed, "note", Note(text="x", x=0, y=0))
    found = diff(EXAMPLE, changed)
    assert (found.added, found.removed, found.changed) == ({"note"}, {"relu"}, {"linear"})
    assert [str(x) for x in found.links_added] == ["linear.out -> linear_2.in"]
    assert [str(x) for x in found.links_removed] == ["linear.out -> relu.in", "relu.out -> linear_2.in"]
    assert not any(vars(diff(changed, changed)).values())


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FileNotFoundError(2, "Datei oder Verzeichnis nicht gefunden"), "there is no such file or folder"),
        (OSError(28, "No space left on device"), "the disk is full"),
        (OSError(9999, "Something odd"), "Something odd"),
        (OSError("a.csv is larger than 8 bytes"), "a.csv is larger than 8 bytes"),
    ],
)
def test_what_the_system_refused_is_said_in_the_labs_words(error: OSError, words: str) -> None:
    assert in_words(error) == words
