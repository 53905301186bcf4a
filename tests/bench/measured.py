"""Runs a command, and says what it took."""

import dataclasses
import os
import statistics
import subprocess
import time

MEBIBYTE = 1024


class DidNotRun(Exception):
    """A command ended as it must not, or did not do what was asked of it."""


@dataclasses.dataclass(frozen=True)
class Spent:
    """What one run took. `database_megabytes` is None where no database is left."""

    cpu_seconds: float
    wall_seconds: float
    mebibytes: float
    database_megabytes: float | None = None


def measure(command, folder, environment=None, accepted=(0,)):
    """What a command took, and what it printed.

    Its times are those of all its processes, as far as it waited for them. Its memory is the most that was resident
    in its largest single process, not the sum of several; it is never less than what this script itself has held, a
    few dozen MiB, because Linux begins to count before the new program is there.
    """
    with open(folder / "told", "wb") as told, open(folder / "complained", "wb") as complained:
        begun = time.monotonic()
        child = subprocess.Popen([str(word) for word in command], env=environment, stdin=subprocess.DEVNULL,
                                 stdout=told, stderr=complained)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - begun
        child.returncode = os.waitstatus_to_exitcode(status)
    printed = (folder / "told").read_text(errors="replace")
    if child.returncode not in accepted:
        words = (folder / "complained").read_text(errors="replace").strip() or printed.strip()
        raise DidNotRun(f"{' '.join(map(str, command))}\nended with {child.returncode}: {words[-3000:]}")
    return Spent(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / MEBIBYTE), printed


def with_database(spent, path):
    """The same with the size of the database that was left."""
    if not path.exists():
        return spent
    return dataclasses.replace(spent, database_megabytes=path.stat().st_size / 1e6)


def median(runs):
    """Of each figure the median of all runs."""
    middle = lambda figures: None if None in figures else statistics.median(figures)
    names = [field.name for field in dataclasses.fields(Spent)]
    return Spent(**{name: middle([getattr(run, name) for run in runs]) for name in names})
