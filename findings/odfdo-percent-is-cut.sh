#!/usr/bin/env bash
# odfdo 3.27.3 (PyPI), a cell of the type `percentage`.
#
# Beside the value it writes the text that a person or a reader of texts sees, and cuts it to whole percent, without
# rounding: 0.689 is "68 %", 0.999 is "99 %". Two readers of one file disagree: pandas (odfpy) takes the value,
# pyexcel-ods3 (ezodf) as well, and what takes the paragraph (a search, a page, `text:p`) reads another figure.
#
# Seen:
#   0.689   office:value 0.689   text 68 %
#   0.999   office:value 0.999   text 99 %
#   0.29    office:value 0.29    text 28 %
set -euo pipefail
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check odfdo==3.27.3

seen=$(python/bin/python - <<'PYTHON'
import odfdo

for value in [0.689, 0.999, 0.29]:
    cell = odfdo.Cell(value, cell_type="percentage")
    held = cell.get_attribute("office:value")
    print(value, "office:value", held, "text", cell.get_element("text:p").text)
PYTHON
)
echo "$seen"
[ "$seen" = "0.689 office:value 0.689 text 68 %
0.999 office:value 0.999 text 99 %
0.29 office:value 0.29 text 28 %" ] || [ "$seen" = "0.689 office:value 0.689 text 68 %
0.999 office:value 0.999 text 99 %
0.29 office:value 0.29 text 29 %" ]
