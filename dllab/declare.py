"""Things declared once (layers, datasets, losses, optimisers): typed fields from which forms, files and help are made."""

import importlib
import inspect
import json
import logging
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import entry_points
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from dllab.text import _

log = logging.getLogger(__name__)


class Declared(BaseModel):
    """A kind of thing with typed, bounded parameters. The docstring's first sentence says what it is, for people."""

    # Strict: "8", 1.5 and True are no integers. A learning rate typed wrongly must be refused, not guessed.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    kind: ClassVar[str]
    title: ClassVar[str]

    @classmethod
    def summary(cls) -> str:
        """The first sentence of the docstring, in the language in use."""
        return _(inspect.cleandoc(cls.__doc__ or "").split("\n\n")[0].replace("\n", " "))

    @classmethod
    def details(cls) -> str:
        """What follows the first sentence: formula ($…$), remarks and reference, as Markdown."""
        _first, _gap, rest = inspect.cleandoc(cls.__doc__ or "").partition("\n\n")
        return _(rest)


@dataclass(frozen=True)
class FormField:
    """One parameter as a form shows it."""

    name: str
    title: str
    help: str
    type: str
    """"int", "float", "bool", "choice", "text" or "ints" (a tuple of integers)."""
    default: Any
    lower: float | None
    upper: float | None
    exclusive: tuple[bool, bool]
    """Whether the lower and the upper bound themselves are refused."""
    choices: tuple[str, ...]
    optional: bool
    """Whether "automatic" (None) is allowed."""


@cache
def form_fields(declaration: type[BaseModel]) -> tuple[FormField, ...]:
    """The parameters of a declaration (or any pydantic model) in the order they were declared.

    Fields that hold a document of their own (a choice, a graph, columns) are no parameters and left out, and so are
    those marked `hidden`, which an import fills in.
    """
    fields = (_form_field(name, info) for name, info in declaration.model_fields.items())
    return tuple(field for field in fields if field is not None)


def _form_field(name: str, info: Any) -> FormField | None:
    if (info.json_schema_extra or {}).get("form") is False:
        return None  # it has an editor of its own
    kind, choices, optional = _field_type(info.annotation)
    if not kind or (isinstance(info.json_schema_extra, dict) and info.json_schema_extra.get("hidden")):
        return None
    bounds: dict[str, float] = {}
    for rule in _rules(info):
        for bound in ("ge", "gt", "le", "lt"):
            value = getattr(rule, bound, None)
            if value is not None:
                bounds[bound] = value
    return FormField(
        name=name,
        title=info.title or name.replace("_", " ").capitalize(),
        help=info.description or "",
        type=kind,
        default=info.default,
        lower=bounds.get("ge", bounds.get("gt")),
        upper=bounds.get("le", bounds.get("lt")),
        exclusive=("gt" in bounds, "lt" in bounds),
        choices=choices,
        optional=optional,
    )


def _rules(info: Any) -> Iterator[Any]:
    """Bounds of a field; those of `Annotated[int, Field(ge=1)] | None` stand inside the union, a tuple's inside it."""
    yield from info.metadata
    if typing.get_origin(info.annotation) is tuple:
        for extra in typing.get_args(typing.get_args(info.annotation)[0])[1:]:
            yield from getattr(extra, "metadata", (extra,))
    union = typing.get_origin(info.annotation) in (typing.Union, types.UnionType)
    for option in typing.get_args(info.annotation) if union else ():
        if typing.get_origin(option) is typing.Annotated:
            for extra in typing.get_args(option)[1:]:
                yield from getattr(extra, "metadata", (extra,))


def _field_type(annotation: Any) -> tuple[str, tuple[str, ...], bool]:
    options = [annotation]
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        options = list(typing.get_args(annotation))
    optional = type(None) in options
    (inner,) = [a for a in options if a is not type(None)]
    if typing.get_origin(inner) is typing.Annotated:
        inner = typing.get_args(inner)[0]
    if typing.get_origin(inner) is typing.Literal:
        return "choice", tuple(map(str, typing.get_args(inner))), optional
    if typing.get_origin(inner) is tuple:
        item = typing.get_args(inner)[0]
        item = typing.get_args(item)[0] if typing.get_origin(item) is typing.Annotated else item
        return "ints" if item is int else "", (), optional
    names = {bool: "bool", int: "int", float: "float", str: "text"}
    return names.get(inner, ""), (), optional


def field_messages(error: ValidationError) -> Iterator[tuple[str, str]]:
    """(field, sentence) for every field that pydantic refused, in plain words."""
    for item in error.errors():
        name = ".".join(map(str, item["loc"])) or "?"
        yield name, _refusal(item)


def _refusal(item: Mapping[str, Any]) -> str:
    context = item.get("ctx", {})
    given = _short(item.get("input"))
    match item["type"]:
        case "greater_than_equal":
            return _("must be at least {bound}, is {given}").format(bound=context["ge"], given=given)
        case "greater_than":
            return _("must be more than {bound}, is {given}").format(bound=context["gt"], given=given)
        case "less_than_equal":
            return _("must be at most {bound}, is {given}").format(bound=context["le"], given=given)
        case "less_than":
            return _("must be less than {bound}, is {given}").format(bound=context["lt"], given=given)
        case "int_type" | "int_from_float":
            return _("must be a whole number, is {given!r}").format(given=given)
        case "float_type" | "finite_number":
            return _("must be a number, is {given!r}").format(given=given)
        case "bool_type":
            return _("must be true or false, is {given!r}").format(given=given)
        case "literal_error":
            return _("must be one of {choices}, is {given!r}").format(choices=context["expected"], given=given)
        case "extra_forbidden":
            return _("is not known here")
        case "missing":
            return _("is missing")
        case "value_error":
            return str(context["error"])
    return str(item["msg"])


def _short(value: Any) -> Any:
    """A value for a sentence: a number of 4,000 digits or a whole document would drown it."""
    return value if len(repr(value)) <= 60 else repr(value)[:57] + "…"


T = TypeVar("T", bound=Declared)


class Registry(Generic[T]):
    """The declarations of one sort by kind; `broken` holds what could not be loaded, with the reason."""

    def __init__(self, group: str) -> None:
        self.group = group
        self.broken: dict[str, str] = {}
        self._kinds: dict[str, type[T]] = {}

    def add(self, declaration: type[T]) -> type[T]:
        """Class decorator: make the declaration known under its `kind`."""
        if declaration.kind in self._kinds:
            raise ValueError(f"{self.group}: {declaration.kind!r} is declared twice")
        self._kinds[declaration.kind] = declaration
        return declaration

    def load(self, modules: Iterable[str]) -> None:
        """Import built-in modules and installed plugins alike; one that fails is remembered, not fatal."""
        for module in modules:
            self._load(module, lambda module=module: importlib.import_module(module))  # type: ignore[misc]
        for entry in entry_points(group=self.group):
            self._load(entry.name, entry.load)

    def _load(self, name: str, load: Callable[[], object]) -> None:
        try:
            load()
        except Exception as error:
            log.exception("%s: %s could not be loaded", self.group, name)
            self.broken[name] = f"{type(error).__name__}: {error}"

    def __contains__(self, kind: object) -> bool:
        return kind in self._kinds

    def __iter__(self) -> Iterator[type[T]]:
        return iter(self._kinds.values())

    def __getitem__(self, kind: str) -> type[T]:
        return self._kinds[kind]

    def get(self, kind: str) -> type[T] | None:
        """The declaration of `kind`, or None if this installation doesn't know it."""
        return self._kinds.get(kind)

    def make(self, kind: str, params: Mapping[str, Any]) -> T:
        """A checked instance. Raises KeyError (unknown kind) or pydantic's ValidationError."""
        return _make(self._kinds[kind], json.dumps(params, sort_keys=True))  # type: ignore[return-value]


@lru_cache(maxsize=8192)
def _make(declaration: type[Declared], params: str) -> Declared:
    # Cached: a hundred nodes are looked at after every edit and all but one are as they were.
    return declaration.model_validate_json(params)
