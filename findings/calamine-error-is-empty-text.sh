#!/usr/bin/env bash
# python-calamine 0.9.1, xlrd 2.0.2 and openpyxl 3.1.5 (PyPI) on a cell whose formula failed.
#
# A division by nothing is stored as an error. python-calamine hands out an empty text, so that a figure that failed
# looks like one that was left blank; openpyxl gives the words, and xlrd the number of the error (7), which is a fine
# figure for whoever does not look at the type of the cell.
#
# Seen:
#   .xlsx   python-calamine ''   openpyxl '#DIV/0!'
#   .xls    python-calamine ''   xlrd 7
set -euo pipefail
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check python-calamine==0.9.1 openpyxl==3.1.5 xlrd==2.0.2
echo '{}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts xlsx@0.18.5

node -e '
const XLSX = require("xlsx");
const book = XLSX.utils.book_new();
XLSX.utils.book_append_sheet(book, { "!ref": "A1:B1", A1: { t: "n", v: 412 }, B1: { t: "e", v: 7 } }, "Return");
for (const ending of ["xlsx", "xls"]) XLSX.writeFile(book, `return.${ending}`);
'
seen=$(python/bin/python - <<'PYTHON'
import openpyxl
import python_calamine
import xlrd

for ending in ["xlsx", "xls"]:
    book = python_calamine.CalamineWorkbook.from_path(f"return.{ending}")
    print(f".{ending} python-calamine", repr(book.get_sheet_by_index(0).to_python()[0][1]))
print(".xlsx openpyxl", repr(openpyxl.load_workbook("return.xlsx", data_only=True).active["B1"].value))
print(".xls xlrd", xlrd.open_workbook("return.xls").sheet_by_index(0).cell_value(0, 1))
PYTHON
)
echo "$seen"
[ "$seen" = ".xlsx python-calamine ''
.xls python-calamine ''
.xlsx openpyxl '#DIV/0!'
.xls xlrd 7" ]
