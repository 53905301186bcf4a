"""What the Python writers share: which shapes a writer can write, and the cells as it needs them."""

import dataclasses
import datetime
import importlib.metadata
import pathlib
import typing


@dataclasses.dataclass(frozen=True)
class Writer:
    """One library: its package, the formats it writes, what it can write, and how."""

    name: str
    package: str
    formats: list
    can: frozenset
    write: typing.Callable
    # The shapes that this writer has an option of its own for.
    only: frozenset | None = None

    def files(self, shapes, folder):
        """Writes every shape that it can in every format, and says what failed."""
        version = importlib.metadata.version(self.package)
        for shape, variant in shapes.items():
            if not variant.needs <= self.can or (self.only and shape not in self.only):
                continue
            for ending in self.formats:
                path = folder / file_name(self.name, version, shape, ending)
                try:
                    self.write(variant, path)
                except Exception as error:
                    words = f"{type(error).__name__}: {error}".replace("\n", " ")[:150]
                    print(f"{path.name}: not written: {words}")
                    path.unlink(missing_ok=True)


def file_name(writer, version, shape, ending):
    """What a file is called: a name tells who wrote what."""
    return f"{writer}--{version}--{shape}.{ending}"


def day(cell):
    return datetime.date.fromisoformat(cell["date"]) if "date" in cell else None


def flat(rows):
    """Rows with an empty text for what is empty, as writers want them that know no nothing."""
    return [["" if cell is None else cell for cell in row] for row in rows]


def texts(rows):
    return [["" if cell is None else str(cell) for cell in row] for row in rows]


def columns(variant):
    """The first sheet by column: heading and cells."""
    headings, *rows = variant.sheets[0][1]
    return {heading: [row[at] for row in rows] for at, heading in enumerate(headings)}


def records(variant):
    """The first sheet as an object a row."""
    headings, *rows = variant.sheets[0][1]
    return [dict(zip(headings, row)) for row in rows]


def folder_of(arguments):
    folder = pathlib.Path(arguments[1])
    folder.mkdir(parents=True, exist_ok=True)
    return folder
