"""Files as command-line programs write them from the files of another: command_writers.py FOLDER BIN.

LibreOffice and Gnumeric convert XlsxWriter's workbooks; the others write the plain return from a CSV. BIN is
the folder of the programs that pip installed.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

from making import file_name

LIBREOFFICE = {"xlsx": "xlsx", "xls": "xls:MS Excel 97", "ods": "ods", "fods": "fods", "csv": "csv",
               "html": "html", "dif": "dif", "slk": "slk"}
GNUMERIC = {"xlsx": "Gnumeric_Excel:xlsx2", "xls": "Gnumeric_Excel:excel_biff8",
            "ods": "Gnumeric_OpenCalc:odf", "csv": "Gnumeric_stf:stf_csv",
            "gnumeric": "Gnumeric_XmlIO:sax", "html": "Gnumeric_html:html40", "dif": "Gnumeric_dif:dif", "sylk": "Gnumeric_sylk:sylk"}
LIMIT_SECONDS = 300


def run(*command, **options):
    done = subprocess.run([str(one) for one in command], capture_output=True, timeout=LIMIT_SECONDS,
                          stdin=subprocess.DEVNULL, **options)
    if done.returncode:
        complain(command[0], done)
    return done.stdout


def complain(name, done):
    words = done.stderr.decode(errors="replace").strip()[:200]
    print(f"{name}: ended with {done.returncode}: {words}")


def debian_version(package):
    return run("dpkg-query", "--show", "--showformat=${Version}", package).decode().replace(":", ".")


def shape_of(path):
    return path.name.split("--")[2].split(".")[0]


def libreoffice(folder, sources):
    version = debian_version("libreoffice-calc")
    with tempfile.TemporaryDirectory() as house:
        for ending, kind in LIBREOFFICE.items():
            out = pathlib.Path(house) / ending
            run("soffice", f"-env:UserInstallation=file://{house}/profile", "--headless",
                "--convert-to", kind, "--outdir", out, *sources)
            for source in sources:
                made = out / f"{source.stem}.{ending}"
                if made.exists():
                    shutil.move(made, folder / file_name("LibreOffice", version, shape_of(source), ending))


def gnumeric(folder, sources):
    version = debian_version("gnumeric")
    for source in sources:
        for ending, kind in GNUMERIC.items():
            made = folder / file_name("Gnumeric", version, shape_of(source), ending)
            run("ssconvert", f"--export-type={kind}", source, made)


def texts(folder, csv, programs):
    """The plain return, through programs that read CSV and write it, or JSON, again."""

    def written(name, package, ending, *command, stdin=csv, shape="plain"):
        version = debian_version(package) if package else name_and_version[name]
        with open(stdin, "rb") as content:
            done = subprocess.run([str(one) for one in command], stdin=content, capture_output=True,
                                  timeout=LIMIT_SECONDS)
        if done.returncode:
            complain(name, done)
        else:
            (folder / file_name(name, version, shape, ending)).write_bytes(done.stdout)

    name_and_version = {"csvkit": pip_version(programs, "csvkit")}
    for ending, option in [("csv", "--icsv --ocsv"), ("tsv", "--icsv --otsv"), ("json", "--icsv --ojson"),
                           ("ndjson", "--icsv --ojsonl")]:
        written("Miller", "miller", ending, "mlr", *option.split(), "cat")
    for ending, mode in [("csv", "-csv"), ("json", "-json"), ("html", "-html"), ("tsv", "-tabs")]:
        written("SQLite", "sqlite3", ending, "sqlite3", ":memory:", ".mode csv", f".import {csv} returned",
                f".mode {mode[1:]}", ".headers on", "SELECT * FROM returned")
    written("csvkit", None, "csv", programs / "csvsort", "-c", "indicator")
    written("csvkit", None, "json", programs / "csvjson")
    written("csvkit", None, "ndjson", programs / "csvjson", "--stream")
    lines = folder / file_name("csvkit", name_and_version["csvkit"], "plain", "ndjson")
    written("jq", "jq", "json", "jq", "--slurp", ".", stdin=lines)
    written("jq", "jq", "ndjson", "jq", "--compact-output", ".", stdin=lines)
    written("jq", "jq", "csv", "jq", "--raw-output", "--slurp",
            "(.[0] | keys_unsorted), (.[] | [.[]]) | @csv", stdin=lines)
    fields = 'FPAT=([^,]*)|("([^"]|"")+")'
    written("gawk", "gawk", "csv", "gawk", "-v", fields, "-v", "OFS=,", "{$1=$1; print}")
    written("gzip", "gzip", "csv.gz", "gzip", "--stdout")


def pip_version(programs, package):
    shown = run(programs / "pip", "show", package).decode()
    return next(line.split(": ")[1] for line in shown.splitlines() if line.startswith("Version"))


def postgresql(folder, csv):
    """COPY of a server of our own, on a socket in a folder of its own."""
    newest = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    with tempfile.TemporaryDirectory() as house:
        shutil.chown(house, "postgres")
        pathlib.Path(house).chmod(0o755)
        as_server = ["runuser", "-u", "postgres", "--"]
        socket = ["-h", house, "-d", "postgres"]
        run(*as_server, newest / "initdb", "--pgdata", f"{house}/base")
        run(*as_server, newest / "pg_ctl", "--wait", "--pgdata", f"{house}/base", "--log", f"{house}/log",
            "--options", f"-c listen_addresses= -c unix_socket_directories={house}", "start")
        try:
            table = ("CREATE TABLE returned (authority_code text, indicator text, quarter text, "
                     "numerator numeric, denominator numeric, value numeric, note text)")
            for ending, how in [("csv", "FORMAT csv, HEADER"), ("tsv", "FORMAT text, HEADER")]:
                made = run(*as_server, newest / "psql", *socket, "-q", "-c", "DROP TABLE IF EXISTS returned",
                           "-c", table, "-c", f"\\copy returned FROM '{csv}' (FORMAT csv, HEADER)",
                           "-c", f"COPY returned TO STDOUT ({how})")
                version = debian_version(f"postgresql-{newest.parent.name}")
                (folder / file_name("PostgreSQL", version, "plain", ending)).write_bytes(made)
        finally:
            run(*as_server, newest / "pg_ctl", "--pgdata", f"{house}/base", "--mode", "fast", "stop")


def main():
    folder, programs = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    # Both keep the 0 that XlsxWriter writes beside a formula that nobody computed, and no reader can tell.
    sources = [path for path in sorted(folder.glob("XlsxWriter--*.xlsx")) if shape_of(path) != "uncomputed"]
    csv = next(folder.glob("python-csv--*--plain.csv"))
    libreoffice(folder, sources)
    gnumeric(folder, sources)
    texts(folder, csv, programs)
    postgresql(folder, csv)


if __name__ == "__main__":
    main()
