"""The floor: DuckDB alone in one process. It loads the files, asks the ten simple checks, and prints what they found.

    floor.py SOURCE DATABASE

SOURCE is a call of read_csv, DATABASE a file that is made. The SQL is that of the dbt project beside this file, with
names in the place of dbt's references. It is run by the Python of the virtual environment.
"""

import pathlib
import sys

import duckdb

PROJECT = pathlib.Path(__file__).parent / "dbt"


def main(source, database):
    connection = duckdb.connect(database)
    model = (PROJECT / "models" / "figures.sql").read_text().replace("{{ source('files', 'returns') }}", source)
    connection.execute(f"CREATE TABLE figures AS {model}")
    for path in sorted((PROJECT / "checks").glob("*.sql")):
        check = path.read_text().replace("{{ ref('figures') }}", "figures")
        print(path.stem, connection.execute(f"SELECT count(*) FROM ({check})").fetchone()[0])
    print("rows", connection.execute("SELECT count(*) FROM figures").fetchone()[0])
    connection.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
