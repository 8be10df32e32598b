"""Where a value stands in the files the user wrote."""

from dataclasses import dataclass
from typing import NamedTuple

_COLUMN_BITS = 20
_LENGTH_BITS = 20
_MASK = (1 << _COLUMN_BITS) - 1


def pack(line: int, column: int, length: int) -> int:
    """Fold a place into one integer: 100,000 mailboxes keep every span in a few megabytes.

    Args:
        line: Counted from 0, as libyaml does.
        column: Counted from 0, in characters.
        length: Characters on that line to underline; 0 where a value spans lines.
    """
    return (line << (_COLUMN_BITS + _LENGTH_BITS)) | (min(column, _MASK) << _LENGTH_BITS) | min(length, _MASK)


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a file, in the form a person and an editor count: lines and columns from 1."""

    file: str
    line: int
    column: int
    length: int = 1

    @classmethod
    def unpack(cls, file: str, packed: int) -> "Span":
        """Return the span that `pack` folded."""
        return cls(
            file,
            (packed >> (_COLUMN_BITS + _LENGTH_BITS)) + 1,
            ((packed >> _LENGTH_BITS) & _MASK) + 1,
            max(packed & _MASK, 1),
        )

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Origin(NamedTuple):
    """The place of one declaration: its key, and each of its fields. A tuple, since there are so many.

    Attributes:
        file: The file's path as the user would write it.
        key: The packed place of the declaration's key.
        names: Field names, in the order they stand in the file.
        places: Two packed places for each name: the field's key, then its value.
    """

    file: str
    key: int
    names: tuple[str, ...] = ()
    places: tuple[int, ...] = ()

    def span(self, name: str | None = None, *, of_key: bool = False) -> Span:
        """Return the place of a field's value (or of its key), or of the declaration itself.

        A field that was not written, because a default filled it, stands where the declaration stands.
        """
        if name is None or name not in self.names:
            return Span.unpack(self.file, self.key)
        return Span.unpack(self.file, self.places[2 * self.names.index(name) + (0 if of_key else 1)])
