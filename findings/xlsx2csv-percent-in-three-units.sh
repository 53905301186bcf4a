#!/usr/bin/env bash
# xlsx2csv 0.8.6 (PyPI) on percentages.
#
# It knows `0%` and `0.00%` and writes them as percentages, rounded as shown. It does not know `0.0%`, the format of
# one decimal, and writes the fraction, rounded to as many places as that format has zeros: 0.8286 comes out as 83%,
# as 0.829 or as 82.86%. A column with two formats has two units, and 0.829 has lost what the cell held.
#
# Seen:
#   0%      83%
#   0.0%    0.829
#   0.00%   82.86%
set -euo pipefail
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check xlsx2csv==0.8.6 openpyxl==3.1.5

python/bin/python - <<'PYTHON'
import openpyxl

book = openpyxl.Workbook()
for line, shown in enumerate(["0%", "0.0%", "0.00%"], 1):
    book.active.cell(line, 1, shown)
    book.active.cell(line, 2, 0.8286).number_format = shown
book.save("shares.xlsx")
PYTHON
seen=$(python/bin/xlsx2csv shares.xlsx)
echo "$seen"
[ "$seen" = "$(printf '0%%,83%%\n0.0%%,0.829\n0.00%%,82.86%%')" ]
