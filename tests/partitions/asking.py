"""The checks of an export, asked by a fresh DuckDB: of one partition, of what partitions left, or of everything."""

import json
import pathlib
import re
import urllib.parse

import duckdb

# They look at several indicators of an authority together, or at its whole return.
SPANNING = ["carried-forward", "denominator-jump", "return-late", "return-missing", "same-quarter-last-year",
            "suppressed-value", "sustained-trend"]
# What received files show: it is loaded. Everything else is made by the exported statements.
LOADED = ["observation_versions", "observations", "carried", "series", "returns", "quarantine", "set_aside", "findings",
          "actions", "revisions"]
# Of all that was received, only what is loaded is needed.
RECEIVED = ["submissions", "figures", "quarantined_rows", "finding_moments", "set_aside_indicators",
            "history_submissions", "support_actions"]
COLUMNS = "authority, indicator, fires, level, effect, eligible"


def ready():
    """Whether this worker has loaded everything."""
    return duckdb.__version__


def partitions(export):
    """Every collection and indicator of which the export has a grid."""
    folders = sorted((pathlib.Path(export) / "views" / "series").glob("collection=*/indicator=*"))
    names = [[urllib.parse.unquote(part.split("=", 1)[1]) for part in folder.parts[-2:]] for folder in folders]
    return [(collection, indicator) for collection, indicator in names if not indicator.startswith("__HIVE")]


def partition(export, collection, indicator, narrow):
    """The answers about one indicator; leaves the narrow tables for the checks that span several in a folder."""
    it = Asking(export, collection, threads=1)
    checks = [name for name in it.checks if name not in SPANNING]
    spanning = [text for name, text in it.checks.items() if name in SPANNING]
    left = [view for view in it.above("series") if any(names(text, view) for text in spanning)]
    it.make([it.checks[name] for name in checks] + left, indicator)
    rows = it.ask(checks)
    for view in left:
        folder = pathlib.Path(narrow) / collection / view
        folder.mkdir(parents=True, exist_ok=True)
        it.run(f"COPY {view} TO {quoted(folder / f'{urllib.parse.quote(indicator)}.parquet')} (FORMAT parquet)")
    return rows


def spanning(export, collection, narrow):
    """The answers of the checks that span partitions, from the narrow tables that those left."""
    it = Asking(export, collection, threads=1)
    checks = [name for name in it.checks if name in SPANNING]
    for folder in sorted((pathlib.Path(narrow) / collection).iterdir()):
        it.run(f"CREATE TABLE {folder.name} AS FROM read_parquet({quoted(folder / '*.parquet')})")
        it.made.add(folder.name)
    it.make([it.checks[name] for name in checks])
    return it.ask(checks)


def alone(export):
    """The answers of all checks about all collections, in one DuckDB after the other."""
    rows = []
    for collection in sorted({name for name, _ in partitions(export)}):
        it = Asking(export, collection)
        it.make(list(it.checks.values()))
        rows += it.ask(list(it.checks))
    return rows


class Asking:
    """A database in memory that holds what an export says of one collection, as far as it is needed."""

    def __init__(self, export, collection, threads=None):
        self.export, self.collection, self.made = pathlib.Path(export), collection, set()
        self.told = json.loads((self.export / "export.json").read_text())
        text_of = lambda name: (self.export / "checks" / f"{name}.sql").read_text()
        self.checks = {name: text_of(name) for name in sorted(self.told["checks"])}
        self.connection = duckdb.connect(config={"threads": threads} if threads else {})
        text = (self.export / "statements.sql").read_text()
        macros, *views = re.split(r"(?m)^(?=CREATE OR REPLACE VIEW )", text)
        self.statements = {view.split()[4]: view for view in views}
        for file in sorted((self.export / "tables").glob("*.parquet")):
            if file.stem not in RECEIVED:
                self.run(f"CREATE TABLE {file.stem} AS FROM read_parquet({quoted(file)})")
        # A macro that reads a table is made after it.
        self.run(macros)
        self.run((self.export / "questions" / f"{collection}.sql").read_text())
        # As the program asks its own checks: views that judge each quarter alone judge the asked one alone.
        self.run("SET VARIABLE asked_only = 1")

    def above(self, loaded):
        """The views that stand on another one, themselves or by others."""
        found = [loaded]
        for view, statement in self.statements.items():
            if view not in LOADED and any(names(without_head(statement), one) for one in found):
                found.append(view)
        return found[1:]

    def run(self, sql):
        return self.connection.execute(sql)

    def make(self, texts, indicator="*"):
        """Makes what these texts name, and all that it stands on; computes what several of them name."""
        wanted = {}
        for view in reversed(self.statements):
            wanted[view] = sum(names(text, view) for text in texts)
            if wanted[view] and view not in self.made and view not in LOADED:
                texts = [*texts, without_head(self.statements[view])]
        for view in self.statements:
            if not wanted[view] or view in self.made:
                continue
            if view in LOADED:
                self.load(view, indicator)
            else:
                kind = "TABLE" if wanted[view] > 1 else "VIEW"
                self.run(f"CREATE {kind} {view} AS {without_head(self.statements[view])}")
            self.made.add(view)

    def load(self, view, indicator):
        """Loads an exported view: of this collection, and beside it what publishers say up to the asked quarter."""
        quarter = self.told["collections"][self.collection]["quarter"]
        beside = "SELECT collection FROM collection_settings WHERE reporters = 'publisher'"
        published = [name for name, in self.run(beside).fetchall() if name != self.collection]
        of = urllib.parse.quote(indicator, safe="*")
        folders = [self.export / "views" / view / f"collection={name}" for name in [self.collection, *published]]
        files = [str(file) for folder in folders
                 for file in sorted([*folder.glob(f"indicator={of}/*.parquet"), *folder.glob("*.parquet")])]
        if not files:
            files = [str(next((self.export / "views" / view).glob("**/*.parquet")))]
        # The columns are in the files: what the folders' names say of them is not asked.
        self.run(f"CREATE TABLE {view} AS FROM read_parquet({files}, hive_partitioning = false)"
                 f" WHERE quarter <= {quarter}" + ("" if indicator == "*" else f" AND indicator = {quoted(indicator)}"))

    def ask(self, checks):
        """The answers of each check; its SELECT is as it was exported."""
        rows = []
        for name in checks:
            *settings, select = duckdb.extract_statements(self.checks[name])
            for statement in settings:
                self.connection.execute(statement)
            sql = select.query.strip().rstrip(";")
            # Only an answer that fires is told with its detail.
            found = self.run(f"SELECT {COLUMNS}, CASE WHEN fires THEN detail END FROM (\n{sql}\n)").fetchall()
            rows += [(self.collection, name, *row[:6]) for row in found]
        return rows


def names(text, view):
    """Whether a text of SQL, or the name of a view, names a view."""
    return re.search(rf"\b{view}\b", re.sub(r"--.*", "", text)) is not None


def without_head(statement):
    return re.sub(r"^CREATE OR REPLACE VIEW \w+ AS\s", "", statement).strip().rstrip(";")


def quoted(text):
    return "'" + str(text).replace("'", "''") + "'"
