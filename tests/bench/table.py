"""What was measured, as a table for people and as JSON, with what each piece of work may take."""

import dataclasses
import fractions

HEADINGS = ["work", "ours CPU s", "wall s", "MiB", "DB MB", "old CPU s", "old MiB", "dbt CPU s", "dbt MiB",
            "floor CPU s", "of dbt", "of old", "target", "holds"]


@dataclasses.dataclass(frozen=True)
class Result:
    """One piece of work, with the median of each contestant that did it, and all its runs."""

    work: object
    medians: dict
    runs: dict

    def cpu(self, name):
        return self.medians[name].cpu_seconds if name in self.medians else None


@dataclasses.dataclass(frozen=True)
class Limit:
    """One thing that is asked of a piece of work. `seen` is None where it was not measured."""

    words: str
    seen: float | None
    most: float

    @property
    def holds(self):
        return None if self.seen is None else self.seen <= self.most


def limits(result, base):
    """Everything that is asked of a piece of work; `base` is the result of the one named `scale`."""
    target, ours = result.work.target, result.medians.get("ours")
    of_ours = lambda name: getattr(ours, name) if ours else None
    of_base = ratio(result.cpu("ours"), base.cpu("ours") if base else None)
    all_of_them = [
        (target.of_dbt, ratio(result.cpu("ours"), result.cpu("dbt")), "{} x dbt"),
        (target.of_old, ratio(result.cpu("ours"), result.cpu("old")), "{} of old"),
        (target.of_base, of_base, "{} x the base"),
        (target.mebibytes, of_ours("mebibytes"), "{} MiB"),
        (target.database_megabytes, of_ours("database_megabytes"), "database {} MB"),
        (target.wall_seconds, of_ours("wall_seconds"), "{} s wall"),
    ]
    asked = [one for one in all_of_them if one[0] is not None]
    return [Limit(words.format(short(most, words)), seen, most) for most, seen, words in asked]


def ratio(above, below):
    return above / below if above is not None and below else None


def short(most, words):
    """A share of the old build as a fraction, such as 1/16; other numbers as they are."""
    return str(fractions.Fraction(most).limit_denominator(100)) if words.endswith("of old") else f"{most:g}"


def verdict(asked):
    """Whether all that is asked holds; what was not measured is said."""
    if not asked:
        return ""
    failed = [one for one in asked if one.holds is False]
    unknown = [one.words for one in asked if one.holds is None]
    if failed:
        return "NO: " + ", ".join(f"{one.words}, seen {one.seen:.3g}" for one in failed)
    return f"not measured: {', '.join(unknown)}" if unknown else "yes"


def row(result, base):
    """The cells of one piece of work."""
    ours, old, dbt = (result.medians.get(name) for name in ["ours", "old", "dbt"])
    asked = limits(result, base)
    size = f" ({result.work.size})" if result.work.size else ""
    figures = [
        (result.cpu("ours"), 2), (ours and ours.wall_seconds, 2), (ours and ours.mebibytes, 0),
        (ours and ours.database_megabytes, 1), (result.cpu("old"), 2), (old and old.mebibytes, 0),
        (result.cpu("dbt"), 2), (dbt and dbt.mebibytes, 0), (result.cpu("floor"), 2),
        (ratio(result.cpu("ours"), result.cpu("dbt")), 2), (ratio(result.cpu("ours"), result.cpu("old")), 3),
    ]
    cells = ["" if figure is None else f"{figure:.{decimals}f}" for figure, decimals in figures]
    return [result.work.name + size, *cells, ", ".join(one.words for one in asked), verdict(asked)]


def printed(results):
    """The table: words to the left, figures to the right."""
    base = base_of(results)
    rows = [HEADINGS, *(row(result, base) for result in results)]
    widths = [max(len(line[at]) for line in rows) for at in range(len(HEADINGS))]
    words = {0, len(HEADINGS) - 2, len(HEADINGS) - 1}
    aligned = lambda at, cell: cell.ljust(widths[at]) if at in words else cell.rjust(widths[at])
    return "\n".join("  ".join(aligned(at, cell) for at, cell in enumerate(line)).rstrip() for line in rows)


def base_of(results):
    return next((result for result in results if result.work.name == "scale"), None)


def as_json(results):
    """The same for programs, with every run."""
    base = base_of(results)
    found = []
    for result in results:
        asked = limits(result, base)
        found.append({
            "work": result.work.name,
            "size": dataclasses.asdict(result.work.size) if result.work.size else None,
            "medians": {name: dataclasses.asdict(spent) for name, spent in result.medians.items()},
            "runs": {name: [dataclasses.asdict(spent) for spent in runs] for name, runs in result.runs.items()},
            "target": [dataclasses.asdict(one) | {"holds": one.holds} for one in asked],
        })
    return found
