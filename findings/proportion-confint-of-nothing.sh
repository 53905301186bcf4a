#!/usr/bin/env bash
# statsmodels 0.15.0 (PyPI), `proportion_confint` of 0 out of 0, and of 500 out of 400.
#
# The six methods do not agree on whether there is an answer. Of 0 out of 0 three give nan, and three give an
# interval of figures, of which Agresti-Coull's lower limit is no 0 but 5.6e-17, so a comparison with 0 finds it
# above. Of 500 out of 400, which cannot be, five give nan in silence and one raises. And `jeffreys` of 0 out of 10
# begins above 0, where the interval of that name (Brown, Cai and DasGupta 2001) sets the limit to 0.
#
# Seen:
#   0 of 0      normal nan, wilson nan, beta nan; agresti_coull 5.6e-17 to 1, jeffreys 0.0015 to 0.9985, binom_test 0 to 1
#   500 of 400  nan; binom_test raises ValueError
#   0 of 10     jeffreys 0.000048 to 0.2172
set -euo pipefail
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check statsmodels==0.15.0 scipy==1.17.1

python/bin/python -W ignore - <<'PYTHON'
import math

from statsmodels.stats.proportion import proportion_confint

methods = ["normal", "wilson", "beta", "agresti_coull", "jeffreys", "binom_test"]


def limits(count, of, method):
    try:
        return proportion_confint(count, of, method=method)
    except ValueError:
        return None


of_none = {method: limits(0, 0, method) for method in methods}
too_many = {method: limits(500, 400, method) for method in methods}
print(of_none, too_many, limits(0, 10, "jeffreys"), sep="\n")
assert all(math.isnan(of_none[method][0]) for method in methods[:3])
assert 0 < of_none["agresti_coull"][0] < 1e-15 and of_none["agresti_coull"][1] == 1
assert [round(limit, 4) for limit in of_none["jeffreys"]] == [0.0015, 0.9985]
assert tuple(of_none["binom_test"]) == (0, 1)
assert all(math.isnan(too_many[method][0]) for method in methods[:5]) and too_many["binom_test"] is None
assert limits(0, 10, "jeffreys")[0] > 0
PYTHON
