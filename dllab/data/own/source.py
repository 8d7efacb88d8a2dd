"""What a document says about a person's own data: never a path, always the content."""

from typing import Annotated, Literal

from pydantic import Field

from dllab.document.experiment import Frozen

ColumnType = Literal["number", "category", "date", "text", "ignore"]
Encoding = Literal["utf-8-sig", "utf-16", "gb18030", "cp1252"]
ENCODINGS: tuple[Encoding, ...] = ("utf-8-sig", "utf-16", "gb18030", "cp1252")
DELIMITERS = (",", ";", "\t", "|")
Unit = Literal["character", "word"]
UNKNOWN = "�"
"""The token for all characters or words that are not among the known ones."""
MOST_WORDS = 5_000
"""Different characters or words that can be known."""
MOST_TOKENS = 20_000
"""Different indices that a sequence may hold."""
LARGEST_VOCABULARY = 1000
"""More different values than this are no categories."""

Content = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]


class Reading(Frozen):
    """How the text of a table is read."""

    encoding: Encoding = "utf-8-sig"
    delimiter: Literal[",", ";", "\t", "|"] = ","
    decimal: Literal[".", ","] = "."
    header: bool = True


class Source(Frozen):
    """Where data came from. `content` names it in the lab's data folder, on every machine alike."""

    name: Annotated[str, Field(max_length=255)] = ""
    """The file's or folder's own name, for people; it leads nowhere."""
    content: Content = ""
    reading: Reading = Reading()


class Column(Frozen):
    """One column of a table and what it is taken for."""

    name: Annotated[str, Field(max_length=200)]
    type: ColumnType = "number"
    values: tuple[Annotated[str, Field(max_length=200)], ...] = ()
    """Of a category: its values, in the order in which they are numbered."""

    @property
    def goes_in(self) -> bool:
        """Whether it can be made numbers."""
        return self.type in ("number", "category", "date")
