"""What the program kept of the newest quarter of each collection, beside what another engine answered."""

import dataclasses
import json
import math
import pathlib

import duckdb


@dataclasses.dataclass
class Told:
    """What a comparison came to."""

    compared: int = 0
    firing: int = 0
    regional: int = 0
    hidden: int = 0
    differences: list = dataclasses.field(default_factory=list)


def kept(database, export):
    """The answers that count in a state: of the latest run of each check, about the quarter that was exported."""
    told = json.loads((pathlib.Path(export) / "export.json").read_text())
    connection = duckdb.connect(str(database), read_only=True)
    rows = []
    for collection, asked in told["collections"].items():
        rows += connection.execute(
            """SELECT collection, check_name, authority, indicator, fires, level, effect, eligible, reason
                 FROM answers
                 JOIN (SELECT check_name, collection, quarter, max(run) AS run FROM asked GROUP BY ALL) AS latest
                USING (check_name, collection, quarter, run)
                WHERE collection = ? AND quarter = ?""", [collection, asked["quarter"]]).fetchall()
    region = connection.execute("SELECT code FROM region_settings").fetchone()[0]
    connection.close()
    return region, rows


def compare(kept, rows, export):
    """Every answer on either side with the other's. The program's own come after it has lowered levels to those of
    the check's header, and has hidden what is told by a better answer: that one could not judge, it says then."""
    region, ours = kept
    ceilings = json.loads((pathlib.Path(export) / "export.json").read_text())["checks"]
    told = Told()
    theirs = {}
    for collection, check, authority, indicator, fires, level, effect, eligible in rows:
        key = (collection, check, authority, indicator)
        if key in theirs:
            told.differences.append(f"{key}: answered twice")
        theirs[key] = (fires, min(level, ceilings[check]["level_max"]), finite(effect), eligible)
    for collection, check, authority, indicator, fires, level, effect, eligible, reason in ours:
        if authority == region:
            told.regional += 1
            continue
        key, mine = (collection, check, authority, indicator), (fires, level, effect, eligible)
        other = theirs.pop(key, None)
        if other and not eligible and other[3] and (reason or "").startswith("told by "):
            told.hidden += 1
            other = (*other[:3], eligible)
        told.compared += 1
        told.firing += fires
        if other is None or not is_same(mine, other):
            told.differences.append(f"{key}: kept {mine}, answered {other}")
    told.differences += [f"{key}: not kept, answered {other}" for key, other in theirs.items()]
    return told


def is_same(one, other):
    """Whether two answers are the same; the last digits of an effect depend on the order of adding."""
    (*judged, effect, eligible), (*others, their_effect, their_eligible) = one, other
    if (judged, eligible) != (others, their_eligible) or (effect is None) != (their_effect is None):
        return False
    return effect is None or math.isclose(effect, their_effect, rel_tol=1e-9, abs_tol=1e-9)


def finite(number):
    return number if number is not None and math.isfinite(number) else None
