#!/usr/bin/env bash
# XlsxWriter 3.3.1 (PyPI), LibreOffice 7.4.7 and Gnumeric 1.12.55 (Debian 12).
#
# A library that does not compute writes 0 beside each formula and asks, with `fullCalcOnLoad`, that whoever opens the
# workbook computes it. Converting on the command line does not: `soffice --convert-to` and `ssconvert` both take the
# 0 for the result. In the CSV that they write it is a 0 like any other. `ssconvert --recalc` computes.
#
# Seen, of `=300+24`:
#   soffice                0
#   ssconvert              0
#   ssconvert --recalc     324
set -euo pipefail
command -v soffice >/dev/null || apt-get install --yes --quiet=2 --no-install-recommends libreoffice-calc >/dev/null
command -v ssconvert >/dev/null || apt-get install --yes --quiet=2 --no-install-recommends gnumeric >/dev/null
soffice --version | grep -q " 7\.4\.7" || { echo "not LibreOffice 7.4.7" >&2; exit 1; }
ssconvert --version 2>&1 | grep -q "1\.12\.55" || { echo "not Gnumeric 1.12.55" >&2; exit 1; }
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check xlsxwriter==3.3.1

python/bin/python - <<'PYTHON'
import xlsxwriter

book = xlsxwriter.Workbook("return.xlsx")
book.add_worksheet().write_formula("A1", "=300+24")
book.close()
PYTHON
unzip -p return.xlsx xl/workbook.xml | grep -q 'fullCalcOnLoad="1"'
profile="-env:UserInstallation=file://$PWD/profile"
soffice "$profile" --headless --convert-to csv --outdir soffice return.xlsx >/dev/null 2>&1
ssconvert return.xlsx ssconvert.csv 2>/dev/null
ssconvert --recalc return.xlsx recalc.csv 2>/dev/null
seen="$(cat soffice/return.csv) $(cat ssconvert.csv) $(cat recalc.csv)"
echo "soffice, ssconvert, ssconvert --recalc: $seen"
[ "$seen" = "0 0 324" ]
