"""An experiment as a frozen value: data, preparation, split, model graph, training recipe, seed."""

import math
import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from dllab.text import N_, _

GROUP, GROUP_INPUT, GROUP_OUTPUT = "group", "group_input", "group_output"
"""Kinds of nodes that mean something to the document itself: a graph within the graph, and its ports."""

ID_PATTERN = r"^[a-z][a-z0-9_]{0,62}$"
_LINK_TEXT = re.compile(r"^([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*) -> ([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)$")

Id = Annotated[str, Field(pattern=ID_PATTERN)]
# Positions are rounded when they enter the document, so that files stay short and diffs quiet.
Coordinate = Annotated[float, Field(ge=-1e6, le=1e6), AfterValidator(lambda value: round(value, 1))]


def _frozen_json(value: Any, depth: int = 0) -> Any:
    """JSON values with lists as tuples; raises ValueError for what a file can't hold."""
    if depth > 16:
        raise ValueError(_("is nested too deeply"))
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return _encodable(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(_("must be a finite number"))
        return value
    if isinstance(value, (list, tuple)):
        return tuple(_frozen_json(item, depth + 1) for item in value)
    if isinstance(value, Mapping):
        return {_encodable(str(key)): _frozen_json(item, depth + 1) for key, item in value.items()}
    raise ValueError(_("holds a {type}, which can't be kept in a file").format(type=type(value).__name__))


def _encodable(text: str) -> str:
    """The text itself; raises ValueError for halves of characters (lone surrogates), which no file can hold."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(_("holds half a character")) from error
    return text


Params = Annotated[Mapping[str, Any], BeforeValidator(_frozen_json)]


class Frozen(BaseModel):
    """Base of every document value: equal by content, never changed in place (`model_copy(update=…)` makes the next)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Growing(Frozen):
    """A value that got more fields since files were first written: those in `later` stand in a file only if they say
    something, so that old files stay byte for byte what they were and old versions can read new ones."""

    later: ClassVar[frozenset[str]] = frozenset()

    @model_serializer(mode="wrap")
    def _without_silence(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = handler(self)
        fields = type(self).model_fields
        silent = [n for n in self.later if getattr(self, n) == fields[n].get_default(call_default_factory=True)]
        return {name: value for name, value in content.items() if name not in silent}


class Choice(Growing):
    """One of several declared kinds (a dataset, a loss, an optimiser) with its parameters."""

    kind: Annotated[str, Field(min_length=1, max_length=64)]
    params: Params = Field(default_factory=dict)


class Node(Choice):
    """A layer on the canvas. A kind this installation doesn't know stays as it is in the file."""

    later: ClassVar[frozenset[str]] = frozenset({"inside", "init", "frozen"})

    x: Coordinate = 0.0
    y: Coordinate = 0.0
    title: Annotated[str, Field(max_length=200)] = ""
    muted: bool = False
    init: Choice = Choice(kind="default")
    frozen: bool = Field(
        False,
        title=N_("Freeze"),
        description=N_("Keep the weights of this layer as they are: training changes only the others"),
    )
    inside: "Graph | None" = None
    """What a group holds. Its ports are the nodes of kind group_input and group_output in there, by their ids."""


class Link(Frozen):
    """A wire from an output port to an input port; in the file `"conv2d.out -> relu.in"`."""

    source: Id
    output: Id = "out"
    target: Id
    input: Id = "in"

    @model_validator(mode="wrap")
    @classmethod
    def _from_text(cls, value: Any, handler: ModelWrapValidatorHandler["Link"]) -> "Link":
        if isinstance(value, str):
            match = _LINK_TEXT.match(value)
            if match is None:
                text = _("a link reads 'node.out -> node.in', not {given!r}")
                raise ValueError(text.format(given=value[:80]))
            source, output, target, port = match.groups()
            return cls(source=source, output=output, target=target, input=port)
        return handler(value)

    @model_serializer
    def _to_text(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return f"{self.source}.{self.output} -> {self.target}.{self.input}"

    @property
    def end(self) -> tuple[str, str]:
        """(node, input port): an input port takes one link."""
        return self.target, self.input


class Note(Frozen):
    """A piece of text on the canvas."""

    text: Annotated[str, Field(max_length=20_000)]
    x: Coordinate
    y: Coordinate
    width: Coordinate = 200.0
    height: Coordinate = 80.0


class Frame(Frozen):
    """A titled rectangle behind nodes; what lies inside moves with it."""

    title: Annotated[str, Field(max_length=200)]
    x: Coordinate
    y: Coordinate
    width: Coordinate = 320.0
    height: Coordinate = 200.0


class Graph(Frozen):
    """Nodes by id, links between their ports, and what is written on the canvas around them."""

    nodes: Mapping[Id, Node] = Field(default_factory=dict)
    links: tuple[Link, ...] = ()
    notes: Mapping[Id, Note] = Field(default_factory=dict)
    frames: Mapping[Id, Frame] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _links_join_nodes(self) -> "Graph":
        ends = set()
        for link in self.links:
            if link.source not in self.nodes or link.target not in self.nodes:
                raise ValueError(_("link {link} joins a node that is not there").format(link=link))
            if link.end in ends:
                text = _("input {node}.{port} has two links")
                raise ValueError(text.format(node=link.target, port=link.input))
            ends.add(link.end)
        return self

    @model_validator(mode="after")
    def _ids_name_one_thing(self) -> "Graph":
        for first, second in ((self.nodes, self.notes), (self.nodes, self.frames), (self.notes, self.frames)):
            # Moving or deleting goes by id alone.
            for name in first.keys() & second.keys():
                raise ValueError(_("{name} names two things on the canvas").format(name=name))
        return self

    def into(self, node: str) -> tuple[Link, ...]:
        """Links that end at the node."""
        return tuple(link for link in self.links if link.target == node)

    def out_of(self, node: str) -> tuple[Link, ...]:
        """Links that start at the node."""
        return tuple(link for link in self.links if link.source == node)


class Preparation(Growing):
    """What is done to inputs and targets before training; fitted on the training part only, and only that part is
    varied."""

    later: ClassVar[frozenset[str]] = frozenset({"targets", "shift", "flip", "rotate", "noise"})

    scaling: Literal["none", "standardise", "minmax"] = Field(
        "standardise",
        title=N_("Scale inputs"),
        description=N_(
            "standardise: mean 0, spread 1 in every feature; minmax: from 0 to 1 over all features together"
        ),
    )
    targets: Literal["none", "standardise"] = Field(
        "none",
        title=N_("Scale targets"),
        description=N_(
            "Numbers to predict with mean 0 and spread 1: large ones, as prices, are else out of reach of small weights. "
            "The loss is that of the scaled numbers; predictions are shown in their own units"
        ),
    )
    shift: Annotated[int, Field(ge=0, le=32)] = Field(
        0,
        title=N_("Shift pictures"),
        description=N_("Move training pictures by up to so many pixels, another way in every epoch"),
    )
    flip: bool = Field(
        False,
        title=N_("Mirror pictures"),
        description=N_("Mirror half of the training pictures, left to right; spoils what can be read"),
    )
    rotate: Annotated[float, Field(ge=0.0, le=180.0)] = Field(
        0.0,
        title=N_("Turn pictures"),
        description=N_("Turn training pictures by up to so many degrees, another way in every epoch"),
    )
    noise: Annotated[float, Field(ge=0.0, le=10.0)] = Field(
        0.0,
        title=N_("Add noise"),
        description=N_("Standard deviation of what is added to scaled training inputs, anew in every epoch"),
    )


class Split(Frozen):
    """How the samples are divided. The test part stays sealed while training."""

    test: Annotated[float, Field(ge=0.0, le=0.9)] = Field(
        0.25, title=N_("Test part"), description=N_("Share of all samples that is kept aside until the end")
    )
    validation: Annotated[float, Field(ge=0.0, le=0.9)] = Field(
        0.2, title=N_("Validation part"), description=N_("Share of the remaining samples that measures progress")
    )
    stratify: bool = Field(
        True, title=N_("Stratify"), description=N_("Keep the classes in the same proportion in every part")
    )


Loop = Literal["right", "wrong: no zero_grad", "wrong: one backward"]
"""How a step of training follows the one before: as it should, or with a mistake to learn from."""
RIGHT: Loop = "right"
PILES_UP: Loop = "wrong: no zero_grad"
ONE_BACKWARD: Loop = "wrong: one backward"


class Training(Growing):
    """The recipe: loss, optimiser, and for how long."""

    later: ClassVar[frozenset[str]] = frozenset({"schedule", "l1", "clip_norm", "clip_value", "precision", "loop"})

    loss: Choice = Choice(kind="cross_entropy")
    optimiser: Choice = Choice(kind="adam")
    learning_rate: Annotated[float, Field(gt=0.0, le=1e6)] = Field(
        0.001,
        title=N_("Learning rate"),
        description=N_("How far one update moves along the gradient; can change while running"),
    )
    batch_size: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        32, title=N_("Batch size"), description=N_("Samples per update; can change while running")
    )
    epochs: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        20, title=N_("Epochs"), description=N_("How many times the training part is gone through")
    )
    weight_decay: Annotated[float, Field(ge=0.0, le=1e3)] = Field(
        0.0, title=N_("Weight decay"), description=N_("Pulls weights towards zero at every update")
    )
    shuffle: bool = Field(True, title=N_("Shuffle"), description=N_("A new random order in every epoch"))
    drop_last: bool | None = Field(
        None,
        title=N_("Drop last batch"),
        description=N_(
            "Leave out a smaller last batch; automatic: only when the model has batch norm, which it would upset"
        ),
    )
    patience: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        0,
        title=N_("Early stopping"),
        description=N_("Stop after this many epochs without a better validation loss; 0: never"),
    )
    keep_best: bool = Field(
        True, title=N_("Keep best"), description=N_("At the end go back to the weights with the lowest validation loss")
    )
    schedule: Choice = Choice(kind="constant")
    l1: Annotated[float, Field(ge=0.0, le=1e3)] = Field(
        0.0,
        title=N_("L1 penalty"),
        description=N_(
            "Adds this times the sum of all absolute weights to what is minimised: many weights become 0. "
            "The loss is shown without it"
        ),
    )
    clip_norm: Annotated[float, Field(ge=0.0, le=1e9)] = Field(
        0.0,
        title=N_("Clip norm"),
        description=N_("Shortens a gradient that is longer than this, keeping its direction; 0: never"),
    )
    clip_value: Annotated[float, Field(ge=0.0, le=1e9)] = Field(
        0.0,
        title=N_("Clip values"),
        description=N_("Cuts every number of the gradient to at most this size; 0: never"),
    )
    precision: Literal["float32", "bfloat16", "float16"] = Field(
        "float32",
        title=N_("Precision"),
        description=N_(
            "Matrices and convolutions in 16 bits are faster on a GPU and take half the memory; weights and loss stay in "
            "32. bfloat16 has fewer digits, float16 less range: its loss is scaled, and it needs an NVIDIA GPU"
        ),
    )
    loop: Loop = Field(
        "right",
        title=N_("Loop"),
        description=N_(
            "right: every step clears the old gradients and makes new ones of the next batch. The others are wrong, to see "
            "what goes wrong: gradients that are never cleared (no zero_grad) pile up; after only one backward pass all "
            "updates follow the gradient of the very first batch"
        ),
    )


class Experiment(Frozen):
    """Everything that decides a run. Two equal experiments on one device give the same loss curve bit for bit."""

    title: Annotated[str, Field(max_length=200)] = ""
    note: Annotated[str, Field(max_length=20_000)] = ""
    data: Choice = Choice(kind="digits")
    preparation: Preparation = Preparation()
    split: Split = Split()
    model: Graph = Graph()
    training: Training = Training()
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = Field(
        0, title=N_("Seed"), description=N_("Decides every random number: split, first weights, order, dropout")
    )
