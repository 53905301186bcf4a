#!/usr/bin/env bash
# python-calamine 0.9.1 (PyPI; the Rust library calamine) on ODS as Gnumeric 1.12 and SheetJS 0.18.5 write it.
#
# Both put line breaks and spaces between the cells of content.xml, which XML and OpenDocument allow there. calamine
# takes the first such text for a broken file and refuses the workbook; odfpy reads it, and so does LibreOffice.
#
# Seen, of SheetJS's file:
#   calamine        CalamineError: Expecting 'table-cell', found 'Text(..
#   pandas, odfpy   412
set -euo pipefail
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check python-calamine==0.9.1 pandas==2.3.3 odfpy==1.4.1
echo '{}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts xlsx@0.18.5

node -e '
const XLSX = require("xlsx");
const book = XLSX.utils.book_new();
XLSX.utils.book_append_sheet(book, XLSX.utils.aoa_to_sheet([["code", "referrals"], ["A", 412]]), "Return");
XLSX.writeFile(book, "return.ods");
'
seen=$(python/bin/python - <<'PYTHON'
import pandas
import python_calamine

try:
    python_calamine.CalamineWorkbook.from_path("return.ods").get_sheet_by_index(0).to_python()
    print("calamine reads it")
except python_calamine.CalamineError as error:
    print("calamine", str(error)[:33])
print("odfpy", pandas.read_excel("return.ods", engine="odf")["referrals"][0])
PYTHON
)
echo "$seen"
[ "$seen" = "calamine Expecting 'table-cell', found 'Te
odfpy 412" ]
