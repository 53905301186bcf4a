#!/usr/bin/env bash
# Gnumeric 1.12.55 (Debian 12), `ssconvert` from CSV.
#
# `Sep-17`, as Excel shows September 2017 and writes it into a CSV, is taken for the 17th of September of the year in
# which the command is run. `Sep-32`, which can be no day, is left alone, and `2017-09` is September 2017: a column of
# months becomes days of this year, texts and months, and converted in another year it gives other dates. LibreOffice
# leaves all three alone.
#
# Seen in 2026:
#   Sep-17    2026/09/17
#   Sep-32    Sep-32
#   2017-09   2017/09/01
set -euo pipefail
command -v ssconvert >/dev/null || apt-get install --yes --quiet=2 --no-install-recommends gnumeric >/dev/null
ssconvert --version 2>&1 | grep -q "1\.12\.55" || { echo "not Gnumeric 1.12.55" >&2; exit 1; }
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
printf 'period\nSep-17\nSep-32\n2017-09\n' >typed.csv
LC_ALL=C.UTF-8 ssconvert typed.csv read.csv 2>/dev/null
cat read.csv
[ "$(cat read.csv)" = "$(printf 'period\n%s/09/17\nSep-32\n2017/09/01' "$(date +%Y)")" ]
