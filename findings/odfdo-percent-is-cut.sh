#!/usr/bin/env bash
# odfdo 3.27.3 (PyPI), a cell of the type `percentage`.
#
# Beside the value it writes the text that a person or a reader of texts sees, and cuts it to whole percent, without
# rounding: 0.689 is "68 %", 0.999 is "99 %", and 0.29 is "28 %". A reader that takes the value and one that takes the
# text, as ezodf's `plaintext` does, read two figures from one cell.
#
# Seen:
#   value 0.689   text 68 %
#   value 0.999   text 99 %
#   value 0.29    text 28 %
set -euo pipefail
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check odfdo==3.27.3 ezodf==0.3.2 lxml

seen=$(python/bin/python - <<'PYTHON'
import ezodf
import odfdo

values = [0.689, 0.999, 0.29]
book = odfdo.Document("spreadsheet")
book.body.clear()
sheet = odfdo.Table("shares")
book.body.append(sheet)
for line, value in enumerate(values):
    sheet.set_cell((0, line), odfdo.Cell(value, cell_type="percentage"))
book.save("shares.ods")

read = ezodf.opendoc("shares.ods").sheets[0]
for line in range(len(values)):
    print("value", read[line, 0].value, "text", read[line, 0].plaintext())
PYTHON
)
echo "$seen"
[ "$seen" = "value 0.689 text 68 %
value 0.999 text 99 %
value 0.29 text 28 %" ]
