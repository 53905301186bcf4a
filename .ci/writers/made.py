"""Makes the files: installs what each language needs, and runs its script on the shapes of the return."""

import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import sys

import sheets

HERE = pathlib.Path(__file__).parent
PYTHON = [
    "openpyxl==3.1.5", "xlsxwriter==3.3.1", "pandas==2.3.3", "odfpy==1.4.1", "ezodf==0.3.2", "lxml",
    "pyexcel==0.7.6", "pyexcel-xls==0.7.1", "pyexcel-xlsx==0.6.1", "pyexcel-ods3==0.6.1", "xlwt==1.3.0",
    "pyexcelerate==0.13.0", "pylightxl==1.61", "polars==2.1.0", "duckdb==2.0.0", "tablib[all]==3.10.0",
    "agate==1.14.2", "csvkit==2.2.0", "petl==1.7.30", "styleframe==4.2", "odswriter==0.5.0",
    "orjson==3.13.0", "pyarrow==26.0.1", "odfdo==3.27.3", "rustpy-xlsxwriter==0.8.0", "fastxlsx==0.2.0",
    "excelize==0.1.0",
]
NODE = [
    "@cj-tech-master/excelts@5.1.17", "@e965/xlsx@0.20.3", "@json2csv/plainjs@7.0.8", "alasql@4.19.1",
    "better-xlsx@0.7.6", "csv-stringify@6.9.0", "csv-writer@1.6.0", "d3-dsv@3.0.2",
    "excel-builder-vanilla@5.2.5", "excel-export@0.5.1", "excel4node@1.8.2", "exceljs@4.4.0",
    "export-to-csv@1.5.0", "fast-csv@5.0.8", "json-2-csv@5.6.0", "json-as-xlsx@2.6.4", "jsonexport@3.2.0",
    "msexcel-builder@0.0.2", "ndjson@2.0.0", "papaparse@5.7.1", "tsv@0.2.0", "wasm-xlsxwriter@0.13.1",
    "write-excel-file@4.1.1", "xlsx-js-style@1.2.0", "xlsx-populate@1.21.0", "xlsx-stream-writer@0.2.6",
    "xlsx-write-stream@1.0.3", "xlsx@0.18.5",
]
DEBIAN = [
    "libreoffice-calc", "gnumeric", "r-base-core", "r-cran-openxlsx", "r-cran-readr", "r-cran-data.table",
    "r-cran-jsonlite", "libspreadsheet-writeexcel-perl", "libexcel-writer-xlsx-perl", "libtext-csv-perl",
    "libjson-perl", "ruby-spreadsheet", "libapache-poi-java",
    "libjexcelapi-java", "libcommons-csv-java", "libgoogle-gson-java", "openjdk-17-jdk-headless",
    "miller", "jq", "gawk", "sqlite3", "php-cli", "golang-go", "golang-github-tealeg-xlsx-dev",
    "postgresql",
]


def parts(name):
    """Writer, version, shape and ending of a file that is called as they are called here."""
    writer, version, rest = name.split("--")
    shape, ending = rest.split(".", 1)
    return writer, version, shape, ending


def make(house, folder):
    """Makes every file again; a language that cannot be had is named, and the others go on."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    house.mkdir(parents=True, exist_ok=True)
    shapes = {name: dataclasses.asdict(one) | {"needs": sorted(one.needs)} for name, one in sheets.variants().items()}
    (house / "shapes.json").write_text(json.dumps(shapes))
    run("apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends", *DEBIAN,
        env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, stdout=subprocess.DEVNULL)
    for language in [python, node, perl, ruby, r, java, go, rust, php, commands]:
        try:
            language(house, folder)
        except (subprocess.CalledProcessError, OSError) as error:
            print(f"{language.__name__}: {error}", file=sys.stderr)


def run(*command, **options):
    subprocess.run([str(one) for one in command], check=True, **options)


def python(house, folder):
    home = house / "python"
    if not home.exists():
        run(sys.executable, "-m", "venv", home)
    run(home / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", *PYTHON)
    run(home / "bin" / "python", "-B", HERE / "python_writers.py", folder)


def node(house, folder):
    home = house / "node"
    home.mkdir(exist_ok=True)
    (home / "package.json").write_text("{}")
    run("npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", *NODE, cwd=home)
    shutil.copy(HERE / "node_writers.cjs", home)
    names = subprocess.run(["node", "node_writers.cjs"], cwd=home, check=True, capture_output=True, text=True)
    # One process each: excel-export replaces `Array.from` and `find` for all that is loaded beside it.
    for name in names.stdout.split():
        run("node", "node_writers.cjs", house / "shapes.json", folder, name, cwd=home)


def perl(house, folder):
    run("perl", HERE / "perl_writers.pl", house / "shapes.json", folder)


def ruby(house, folder):
    run("ruby", HERE / "ruby_writers.rb", house / "shapes.json", folder)


def r(house, folder):
    run("Rscript", "--vanilla", HERE / "r_writers.R", house / "shapes.json", folder)


def java(house, folder):
    jars = "/usr/share/java/*"
    run("java", "-cp", jars, HERE / "JavaWriters.java", house / "shapes.json", folder)


def go(house, folder):
    run("go", "run", HERE / "go_writers.go", house / "shapes.json", folder,
        env=os.environ | {"GOPATH": "/usr/share/gocode", "GO111MODULE": "off", "GOCACHE": str(house / "go")})


def rust(house, folder):
    home = house / "rust"
    (home / "src").mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "rust_writers.toml", home / "Cargo.toml")
    shutil.copy(HERE / "rust_writers.rs", home / "src" / "main.rs")
    run("cargo", "run", "--quiet", "--", house / "shapes.json", folder, cwd=home,
        env=os.environ | {"CARGO_TARGET_DIR": str(home / "target")})


def php(house, folder):
    run("php", HERE / "php_writers.php", house / "shapes.json", folder)


def commands(house, folder):
    """Programs of the command line, which write what another wrote."""
    run(sys.executable, "-B", HERE / "command_writers.py", folder, house / "python" / "bin")
