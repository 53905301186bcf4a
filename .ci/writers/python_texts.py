"""Text files as the libraries of the Python package index make them: CSV, JSON, and packed ones."""

import csv
import gzip
import json
import zipfile

from making import Writer, columns, records

PLAIN = frozenset()


def csv_with(**dialect):
    def write(variant, path):
        with open(path, "w", newline="", encoding=dialect.get("encoding", "utf-8")) as file:
            options = {name: value for name, value in dialect.items() if name != "encoding"}
            csv.writer(file, **options).writerows(variant.sheets[0][1])
    return write


def continental(variant, path):
    """Semicolons and decimal commas, as in the locale of most of Europe."""
    with open(path, "w", newline="") as file:
        csv.writer(file, delimiter=";").writerows(
            [[str(cell).replace(".", ",") if isinstance(cell, float) else cell for cell in row]
             for row in variant.sheets[0][1]])


def british_semicolons(variant, path):
    """Semicolons and thousands with commas: somebody chose the semicolon, the numbers stayed British."""
    with open(path, "w", newline="") as file:
        csv.writer(file, delimiter=";").writerows(
            [[f"{cell:,}" if isinstance(cell, int | float) else cell for cell in row]
             for row in variant.sheets[0][1]])


def excel_blocks(variant, path):
    """As Excel does: in a block of 16 rows the commas of its last empty columns are left out."""
    rows = variant.sheets[0][1]
    with open(path, "w", newline="") as file:
        for start in range(0, len(rows), 16):
            block = rows[start:start + 16]
            width = max(at for row in block for at, cell in enumerate(row, 1) if cell is not None)
            csv.writer(file).writerows([row[:width] for row in block])


def pandas_csv(**options):
    def write(variant, path):
        frame(variant).to_csv(path, index=False, **options)
    return write


def frame(variant):
    import pandas

    return pandas.DataFrame(columns(variant))


def pandas_json(orient, lines=False):
    def write(variant, path):
        frame(variant).to_json(path, orient=orient, lines=lines)
    return write


def polars_csv(variant, path):
    import polars

    polars.DataFrame(columns(variant), strict=False).write_csv(path)


def polars_json(variant, path):
    import polars

    made = polars.DataFrame(columns(variant), strict=False)
    made.write_ndjson(path) if path.suffix == ".ndjson" else made.write_json(path)


def arrow_csv(variant, path):
    import pyarrow
    import pyarrow.csv

    pyarrow.csv.write_csv(pyarrow.table(columns(variant)), path)


def duckdb_copy(variant, path):
    import duckdb
    import pyarrow

    returned = pyarrow.table(columns(variant))
    options = {".csv": "HEADER", ".tsv": "HEADER, DELIMITER '\t'", ".json": "FORMAT json, ARRAY true",
               ".ndjson": "FORMAT json"}[path.suffix]
    base = duckdb.connect()
    base.register("returned", returned)
    base.execute(f"COPY (SELECT * FROM returned) TO '{path}' ({options})")


def petl_text(variant, path):
    import petl

    write = {".csv": petl.tocsv, ".tsv": petl.totsv, ".json": petl.tojson, ".html": petl.tohtml}[path.suffix]
    write(variant.sheets[0][1], str(path))


def json_dump(shape):
    def write(variant, path):
        path.write_text(json.dumps(shape(variant), indent=1))
    return write


def orjson_lines(variant, path):
    import orjson

    path.write_bytes(b"".join(orjson.dumps(record) + b"\n" for record in records(variant)))


def packed_csv(variant, path):
    inner = path.with_suffix(".inner")
    csv_with()(variant, inner)
    content = inner.read_bytes()
    inner.unlink()
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(content))
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("return.csv", content)


def of_plain(name, package, ending, write):
    """A writer with an option of its own: the plain return, under the option's name."""
    return Writer(name, package, [ending], PLAIN, write, only=frozenset(["plain"]))


STDLIB = "pip"
WRITERS = [
    Writer("python-csv", STDLIB, ["csv"], PLAIN, csv_with()),
    of_plain("python-csv-bom", STDLIB, "csv", csv_with(encoding="utf-8-sig")),
    of_plain("python-csv-utf16", STDLIB, "csv", csv_with(encoding="utf-16", delimiter="\t")),
    of_plain("python-csv-quoted", STDLIB, "csv", csv_with(quoting=csv.QUOTE_ALL)),
    of_plain("python-csv-tabs", STDLIB, "tsv", csv_with(delimiter="\t")),
    of_plain("python-csv-pipes", STDLIB, "csv", csv_with(delimiter="|")),
    of_plain("python-csv-continental", STDLIB, "csv", continental),
    of_plain("python-csv-semicolons", STDLIB, "csv", british_semicolons),
    of_plain("python-csv-excel-blocks", STDLIB, "csv", excel_blocks),
    of_plain("python-gzip", STDLIB, "csv.gz", packed_csv),
    of_plain("python-zipfile", STDLIB, "zip", packed_csv),
    of_plain("python-json", STDLIB, "json", json_dump(records)),
    of_plain("python-json-wrapped", STDLIB, "json", json_dump(lambda one: {"return": records(one)})),
    of_plain("python-json-rows", STDLIB, "json", json_dump(lambda one: one.sheets[0][1])),
    of_plain("orjson", "orjson", "ndjson", orjson_lines),
    Writer("pandas", "pandas", ["csv"], PLAIN, pandas_csv()),
    of_plain("pandas-na", "pandas", "csv", pandas_csv(na_rep="NA")),
    of_plain("pandas-continental", "pandas", "csv", pandas_csv(sep=";", decimal=",")),
    of_plain("pandas-gzip", "pandas", "csv.gz", pandas_csv()),
    of_plain("pandas-zip", "pandas", "zip", pandas_csv(compression={"method": "zip", "archive_name": "a.csv"})),
    *(of_plain(f"pandas-{orient}", "pandas", "json", pandas_json(orient))
      for orient in ["records", "split", "index", "columns", "values", "table"]),
    of_plain("pandas-lines", "pandas", "ndjson", pandas_json("records", lines=True)),
    Writer("polars-csv", "polars", ["csv"], PLAIN, polars_csv),
    of_plain("polars-json", "polars", "json", polars_json),
    of_plain("polars-json", "polars", "ndjson", polars_json),
    of_plain("pyarrow", "pyarrow", "csv", arrow_csv),
    *(of_plain("DuckDB", "duckdb", ending, duckdb_copy) for ending in ["csv", "tsv", "json", "ndjson"]),
    *(of_plain("petl-text", "petl", ending, petl_text) for ending in ["csv", "tsv", "json", "html"]),
]
