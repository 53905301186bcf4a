"""Who is measured: builds of the program, dbt, and DuckDB alone.

Each prepares a folder for a piece of work once, and begins each run with a copy of it, always under the same path.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import configuration
import returns
import works
from measured import DidNotRun, measure, with_database

HERE = pathlib.Path(__file__).parent
PROJECT = HERE / "dbt"
PREVIEW = HERE / "moved-by-half.sql"
HOUSE = pathlib.Path.home() / ".cache" / "quarterdeck" / "bench-venv"
# dbt-core 1.12 cannot be had from the package index alone: its installation fetches a file from a release page.
PINNED = {"duckdb": "2.0.0", "dbt-core": "1.11.16", "dbt-duckdb": "1.11.1"}
COLUMNS = {"authority_code": "VARCHAR", "indicator": "VARCHAR", "quarter": "VARCHAR", "numerator": "DOUBLE",
           "denominator": "DOUBLE", "value": "DOUBLE", "note": "VARCHAR"}


def make_virtual_environment():
    """The virtual environment of dbt and DuckDB, made when it is not there or has other versions."""
    python = HOUSE / "bin" / "python"
    asks = f"import importlib.metadata as told; assert all(told.version(name) == one for name, one in {PINNED}.items())"
    if python.exists() and subprocess.run([python, "-c", asks], capture_output=True).returncode == 0:
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", HOUSE], check=True)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *(f"{name}=={version}" for name, version in PINNED.items())], check=True)


class Ground:
    """The folders of a bench: what was prepared, and the one in which everything runs."""

    def __init__(self, folder, seed):
        self.folder, self.seed, self.run = folder, seed, folder / "run"

    def prepared(self, name, make):
        """The folder of this name. It is made in the place in which it will run, which its files may remember."""
        kept = self.folder / "prepared" / name.replace(" ", "")
        if not kept.exists():
            shutil.rmtree(self.run, ignore_errors=True)
            self.run.mkdir()
            make(self.run)
            kept.parent.mkdir(exist_ok=True)
            self.run.rename(kept)
        return kept

    def files_of(self, size):
        """The files of a region, and the configuration for it."""
        return self.prepared(f"returns-{size}", lambda folder: self.write_returns(folder, size))

    def write_returns(self, folder, size):
        (folder / "drop").mkdir()
        returns.write_returns(folder / "drop", size, self.seed)
        configuration.write_configuration(folder / "config", size, self.seed)

    def begin(self, prepared):
        """An identical copy of what was prepared."""
        shutil.rmtree(self.run, ignore_errors=True)
        if prepared is None:
            self.run.mkdir()
        else:
            shutil.copytree(prepared, self.run)


class Build:
    """One build of the program."""

    def __init__(self, name, program, ground):
        self.name, self.program, self.ground = name, program, ground

    def takes_part(self, _work):
        return True

    def prepare(self, work):
        """The folder in which the work begins."""
        if work.size is None:
            return None
        files = self.ground.files_of(work.size)
        if not work.known:
            return files
        return self.ground.prepared(f"{self.name}-{work.size}", lambda folder: self.learn(folder, files, work.size))

    def learn(self, folder, files, size):
        """Takes every return in; the second run finds nothing to do."""
        shutil.copytree(files, folder, dirs_exist_ok=True)
        for loaded in [size.files, 0]:
            _, printed = self.measure(["once"], works.FRIDAY, accepted=(0, 1))
            must_say(printed, f"loaded {loaded}, refused 0")
        (folder / "finding").write_text(self.some_finding())

    def some_finding(self):
        """The number of a finding that is open, or else of any; nothing where there is none, as in a tiny region."""
        _, printed = self.measure(["findings", "--all", "--format", "json"], works.FRIDAY)
        found = sorted(json.loads(printed), key=lambda one: (one["state"] == "resolved", one["id"]))
        return found[0]["id"] if found else ""

    def measure(self, words, now, accepted=(0,)):
        run = self.ground.run
        at = ["--now", now] if now else []
        config = ["--config", run / "config"] if (run / "config").exists() else []
        environment = {name: value for name, value in os.environ.items() if not name.startswith("QUARTERDECK_")}
        return measure([self.program, *config, *at, *words], run, environment, accepted)

    def run(self, work, prepared):
        """What one run took."""
        run = self.ground.run
        self.ground.begin(prepared)
        if work.corrected:
            correct_a_return(run, work)
        words = [word.format(run=run, preview=PREVIEW, finding=known_finding(run)) for word in work.command]
        if "" in words:
            raise DidNotRun("the made-up figures led to no finding that could be explained")
        # 1: everything was done, and some row or return was not as it should be.
        spent, printed = self.measure(words, work.now, accepted=(0, 1) if words[0] == "once" else (0,))
        if work.loaded is not None:
            must_say(printed, f"loaded {work.loaded}, refused 0")
        return with_database(spent, run / "state" / "quarterdeck.duckdb")


def known_finding(run):
    kept = run / "finding"
    return kept.read_text() if kept.exists() else ""


def correct_a_return(run, work):
    """Puts a corrected version of the first authority's newest return where the work looks for it."""
    came = [path for path in (run / "drop" / "done").iterdir() if path.name.endswith(works.CHANGED)]
    text = returns.change_return(came[0])
    (run / work.corrected).write_text(text)
    os.utime(run / work.corrected, (returns.SETTLED, returns.SETTLED))


def must_say(printed, words):
    if words not in printed:
        raise DidNotRun(f"it should have said `{words}`, and said:\n{printed[-3000:]}")


def source(folder):
    """How DuckDB reads the files of a folder: with the types said, since the first file alone might mislead it."""
    return f"read_csv('{folder}/*.csv', header = true, nullstr = ['x', ''], columns = {COLUMNS})"


class Dbt:
    """dbt with DuckDB: a source, a staging model and ten checks, with two threads, warm."""

    name = "dbt"

    def __init__(self, ground):
        self.ground = ground

    def takes_part(self, work):
        return work.simple

    def prepare(self, work):
        """The files, the project, and what dbt remembers of one run before, which does not count."""
        files = self.ground.files_of(work.size)
        return self.ground.prepared(f"dbt-{work.size}", lambda folder: self.warm(folder, files))

    def warm(self, folder, files):
        shutil.copytree(files / "drop", folder / "drop")
        shutil.copytree(PROJECT, folder / "project")
        self.build()
        (folder / "bench.duckdb").unlink()

    def run(self, work, prepared):
        self.ground.begin(prepared)
        spent, printed = self.build()
        if "Unable to do partial parsing" in printed:
            raise DidNotRun(f"dbt forgot the run before, so that it was not warm:\n{printed[:3000]}")
        return with_database(spent, self.ground.run / "bench.duckdb")

    def build(self):
        """One `dbt build`. Most of it is Python loading dbt: a build of nothing takes nearly as long."""
        run = self.ground.run
        told = {
            "BENCH_SOURCE": source(run / "drop"),
            "BENCH_DATABASE": str(run / "bench.duckdb"),
            # Without it dbt tells its makers of each run, and waits for their server.
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }
        project = ["--project-dir", run / "project", "--profiles-dir", run / "project"]
        kept = ["--target-path", run / "target", "--log-path", run / "logs"]
        command = [HOUSE / "bin" / "dbt", "--no-use-colors", "build", "--threads", "2", *project, *kept]
        spent, printed = measure(command, run, os.environ | told)
        must_say(printed, "ERROR=0 SKIP=0 NO-OP=0 TOTAL=11")
        return spent, printed


class Floor:
    """DuckDB alone: no less is needed to load the files and ask the ten simple checks."""

    name = "floor"

    def __init__(self, ground):
        self.ground = ground

    def takes_part(self, work):
        return work.simple

    def prepare(self, work):
        return self.ground.files_of(work.size)

    def run(self, work, prepared):
        run = self.ground.run
        self.ground.begin(prepared)
        python = HOUSE / "bin" / "python"
        spent, printed = measure([python, "-B", HERE / "floor.py", source(run / "drop"), run / "floor.duckdb"], run)
        must_say(printed, f"rows {work.size.rows}\n")
        return with_database(spent, run / "floor.duckdb")
