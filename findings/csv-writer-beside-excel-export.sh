#!/usr/bin/env bash
# npm csv-writer 1.6.0, loaded in one program with excel-export 0.5.1 (its collections 3.0.0).
#
# collections replaces `Array.from` by a version that ignores the mapping function, and `Array.prototype.find` by
# one that compares instead of calling its argument. csv-writer quotes its cells in that mapping, so it writes CSV
# without a single quotation mark, and says nothing: `35,178` becomes two columns. What a library writes depends on
# which other library the program happens to import.
#
# Seen:
#   alone   a,"35,178","said ""yes"""
#   beside  a,35,178,said "yes"
#   find    -1
set -euo pipefail
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
echo '{}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts csv-writer@1.6.0 excel-export@0.5.1 collections@3.0.0

row='require("csv-writer").createArrayCsvStringifier({}).stringifyRecords([["a", "35,178", "said \"yes\""]])'
alone=$(node -e "process.stdout.write($row)")
beside=$(node -e "require('excel-export'); process.stdout.write($row)" 2>/dev/null)
find=$(node -e "require('excel-export'); console.log([5, 6, 7].find((one) => one > 5))" 2>/dev/null)
printf 'alone   %s\nbeside  %s\nfind    %s\n' "$alone" "$beside" "$find"
[ "$alone" = 'a,"35,178","said ""yes"""' ]
[ "$beside" = 'a,35,178,said "yes"' ]
[ "$find" = -1 ]
