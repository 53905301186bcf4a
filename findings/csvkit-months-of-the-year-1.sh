#!/usr/bin/env bash
# csvkit 2.2.0 with agate 1.14.2 (PyPI): what a column of words is taken for.
#
# Each column is given the first type that all its cells fit. Months alone are dates, of the year 1; `12 weeks` is a
# duration and comes out as days; a percent sign is taken off, so that 82.9% and 0.829 share a column of numbers. A
# sort writes all of that back into the file. One cell that fits none of it saves the column, and so does
# `--no-inference`.
#
# Seen:
#   May        0001-05-01
#   12 weeks   84 days, 0:00:00
#   82.9%      82.9
#   0.829      0.829
set -euo pipefail
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check csvkit==2.2.0 agate==1.14.2

printf 'month,wait,share\nMay,12 weeks,82.9%%\nMarch,3 weeks,0.829\n' >words.csv
seen=$(python/bin/csvsort --reverse --columns month words.csv)
echo "$seen"
[ "$seen" = 'month,wait,share
0001-05-01,"84 days, 0:00:00",82.9
0001-03-01,"21 days, 0:00:00",0.829' ]
