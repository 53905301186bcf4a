"""What is measured: each piece of work, the size of its region, and what it may take."""

import dataclasses

import returns

# A Friday at eight, when digests go out, and the Monday morning after it.
FRIDAY = "2026-05-29T07:00:00Z"
MONDAY = "2026-06-01T06:00:00Z"
NEWEST = returns.quarter_label(returns.LAST_QUARTER)
FIRST_CODE = returns.CODES[0]
CHANGED = f"{FIRST_CODE}_{NEWEST.replace(' ', '-')}.csv"
QUERY = """SELECT name, quarter_label(quarter) AS quarter, round(value, 1) AS value
             FROM observations JOIN authorities USING (authority)
            WHERE indicator = 'front_door_001_pct' ORDER BY name, quarter"""
# Rows of the command line that stand for several pieces of work.
EVENING = ["receive", "check --preview", "explain", "check-config", "sql", "rebuild"]
SCALE = ["scale", "scale authorities", "scale indicators", "scale quarters"]


@dataclasses.dataclass(frozen=True)
class Target:
    """The most that a piece of work may take; None where nothing is asked."""

    of_dbt: float | None = None
    of_old: float | None = None
    # Of the piece of work named `scale`.
    of_base: float | None = None
    mebibytes: float | None = None
    database_megabytes: float | None = None
    wall_seconds: float | None = None


@dataclasses.dataclass(frozen=True)
class Work:
    """One piece of work: a command of the program, the state in which it begins, and what it must print."""

    name: str
    size: returns.Size | None
    command: tuple
    now: str | None = MONDAY
    # Whether the returns were taken in before; otherwise they lie in the drop folder.
    known: bool = True
    # Where a corrected return lies, below the folder of the run.
    corrected: str | None = None
    # How many returns the program must say that it took in.
    loaded: int | None = None
    # Whether dbt and DuckDB alone are asked to load the same files and do ten simple checks.
    simple: bool = False
    target: Target = Target()


def first_load(name, size, target=Target(), simple=True):
    """Everything at once: files in the drop folder, no state; receipts, checks and digests."""
    return Work(name, size, ("once",), now=FRIDAY, known=False, loaded=size.files, simple=simple, target=target)


def works(scale):
    """Every piece of work by its name, in regions that are so much smaller."""
    known = returns.Size(16, 100, 6).scaled(scale)
    of_old = Target(of_old=1 / 8)
    about = ("--authority", FIRST_CODE, "--quarter", NEWEST)
    found = [
        first_load("first", returns.Size(16, 100, 40).scaled(scale), Target(1.0, mebibytes=400, database_megabytes=20)),
        first_load("small", returns.Size(16, 33, 14).scaled(scale)),
        Work("morning", known, ("once",), corrected=f"drop/{CHANGED}", loaded=1,
             target=Target(of_old=1 / 16, mebibytes=120)),
        Work("nothing", known, ("once",), loaded=0, target=Target(of_old=1 / 2)),
        Work("demo", None, ("demo", "{run}/demo"), now=None, target=Target(of_old=1 / 15)),
        first_load("national", returns.Size(153, 150, 4).scaled(scale)),
        first_load("england", returns.Size(153, 150, 40).scaled(scale), Target(3.0, mebibytes=1536)),
        Work("receive", known, ("receive", "{run}/corrected.csv", *about), corrected="corrected.csv", target=of_old),
        Work("check --preview", known, ("check", "--preview", "{preview}"), target=of_old),
        Work("explain", known, ("explain", "{finding}"), target=of_old),
        Work("check-config", known, ("check-config",), target=Target(of_old=1 / 8, wall_seconds=0.5)),
        Work("sql", known, ("sql", QUERY), target=Target(wall_seconds=0.5)),
        Work("rebuild", known, ("rebuild",), target=of_old),
    ]
    sizes = [(4, 10, 4), (40, 10, 4), (4, 100, 4), (4, 10, 40)]
    for name, size in zip(SCALE, sizes):
        target = Target() if name == "scale" else Target(of_base=12)
        found.append(first_load(name, returns.Size(*size).scaled(scale), target, simple=False))
    return {work.name: work for work in found}


def names_of(row):
    """The pieces of work that a row of the command line stands for."""
    return {"evening": EVENING, "scale": SCALE}.get(row, [row])
