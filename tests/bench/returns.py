"""A made-up region: its authorities, what it measures, and the returns that its authorities send.

Everything follows from a seed, so that the same files can be made again on any machine. The codes have the shape
of real ones; names and figures are invented, and true of nobody.
"""

import dataclasses
import os
import random

HEADINGS = "authority_code,indicator,quarter,numerator,denominator,value,note"
# Files that stopped changing long ago: a drop folder takes them at once.
SETTLED = 1_000_000_000
LAST_QUARTER = 2025 * 4 + 3
THEMES = ["front-door", "assessment", "children-in-need", "child-protection", "looked-after", "care-leavers",
          "workforce", "education", "health", "placement"]
# Unit, behaviour, which way is good, and about how much: percent of cases, per 10,000 children, or a number.
KINDS = [
    ("percent", "flow", "high-is-good", 80),
    ("rate", "flow", "none", 130),
    ("count", "flow", "none", 400),
    ("rate", "stock", "none", 60),
    ("percent", "flow", "low-is-good", 20),
    ("count", "stock", "none", 250),
    ("rate", "stock", "none", 330),
    ("percent", "stock", "none", 45),
]
ENDINGS = {"percent": "pct", "rate": "rate", "count": "count"}
CODES = [f"{prefix}{number:06}" for prefix, count in [("E06", 62), ("E08", 36), ("E09", 33), ("E10", 22)]
         for number in range(1, count + 1)]
BEGINNINGS = ["Quill", "Lantern", "Copper", "Thistle", "Marl", "Otter", "Pebble", "Saffron", "Tansy", "Umber",
              "Velvet", "Wren", "Yarrow"]
ENDS = ["haven", "mere", "wold", "stead", "gate", "beck", "moor", "fell", "strand", "shaw", "thorpe", "holt"]


@dataclasses.dataclass(frozen=True)
class Authority:
    """One authority, with how many children live there."""

    code: str
    name: str
    number: str
    children: int


@dataclasses.dataclass(frozen=True)
class Indicator:
    """One measure, and about how high it is."""

    id: str
    name: str
    theme: str
    unit: str
    behaviour: str
    polarity: str
    level: float


@dataclasses.dataclass(frozen=True)
class Size:
    """How many authorities, indicators and quarters a set of returns has."""

    authorities: int
    indicators: int
    quarters: int

    @property
    def files(self):
        return self.authorities * self.quarters

    @property
    def rows(self):
        return self.files * self.indicators

    def scaled(self, scale):
        """The same in small, to try the script itself: not so small that nothing is found."""
        smaller = lambda count, least: max(min(count, least), round(count * scale))
        return Size(smaller(self.authorities, 3), smaller(self.indicators, 16), smaller(self.quarters, 6))

    def __str__(self):
        return f"{self.authorities} x {self.indicators} x {self.quarters}"


def quarter_label(number):
    """A running number as people write it: `2025-26 Q4`."""
    year = number // 4
    return f"{year}-{(year + 1) % 100:02} Q{number % 4 + 1}"


def authorities(count, seed):
    """The first so many authorities of England."""
    names = [beginning + end for end in ENDS for beginning in BEGINNINGS]
    found = []
    for at, code in enumerate(CODES[:count]):
        children = random.Random(f"{seed} children {code}").randrange(20_000, 150_000)
        found.append(Authority(code, names[at], str(201 + at), children))
    return found


def indicators(count):
    """So many measures, of every kind and theme in turn."""
    found = []
    for at in range(count):
        unit, behaviour, polarity, level = KINDS[at % len(KINDS)]
        theme = THEMES[at // len(KINDS) % len(THEMES)]
        identifier = f"{theme.replace('-', '_')}_{at + 1:03}_{ENDINGS[unit]}"
        name = f"Measure {at + 1} of {theme.replace('-', ' ')}"
        found.append(Indicator(identifier, name, theme, unit, behaviour, polarity, level))
    return found


def quarters(count):
    """The running numbers of the newest so many quarters."""
    return range(LAST_QUARTER - count + 1, LAST_QUARTER + 1)


def write_returns(folder, size, seed):
    """Writes one file for each authority and quarter. One authority is made at a time: England's would not fit."""
    measures = indicators(size.indicators)
    for authority in authorities(size.authorities, seed):
        columns = [series(authority, measure, size.quarters, seed) for measure in measures]
        for at, quarter in enumerate(quarters(size.quarters)):
            rows = [column[at] for column in columns]
            write_return(folder, authority, quarter, measures, repeat_a_row(rows, authority, quarter, seed))


def write_return(folder, authority, quarter, measures, rows):
    label = quarter_label(quarter)
    lines = [f"{authority.code},{measures[at].id},{label},{figure}," for at, figure in rows]
    path = folder / f"{authority.code}_{label.replace(' ', '-')}.csv"
    path.write_text("\n".join([HEADINGS, *lines, ""]))
    os.utime(path, (SETTLED, SETTLED))


def repeat_a_row(figures, authority, quarter, seed):
    """Each figure with the place of its measure; in one return of fifty a row stands where another should."""
    rows = list(enumerate(figures))
    chance = random.Random(f"{seed} repeated {authority.code} {quarter}")
    if chance.random() < 0.02:
        at = chance.randrange(1, len(rows))
        rows[at] = rows[at - 1]
    return rows


def series(authority, measure, count, seed):
    """The numerator, denominator and value of each quarter, as they are written."""
    chance = random.Random(f"{seed} {authority.code} {measure.id}")
    level = measure.level * chance.uniform(0.8, 1.2)
    written = []
    for at in range(count):
        level += measure.level * chance.gauss(0, 0.01)
        if chance.random() < 0.008:
            level *= chance.choice([0.6, 1.5])
        seen = level * (chance.choice([0.45, 1.8]) if chance.random() < 0.004 else 1)
        fresh = figure(authority, measure, seen, at, chance)
        stands_still = len(written) > 0 and chance.random() < 0.01
        written.append(written[-1] if stands_still else fresh)
    return written


def figure(authority, measure, level, at, chance):
    """One figure, with chance's own scatter; now and then one that is not there, or that cannot be right."""
    if chance.random() < 0.004:
        return "x,x,x"
    if measure.unit == "count":
        number = whole(level * authority.children / 50_000, chance)
        return f"{number},,{number}"
    factor = 100 if measure.unit == "percent" else 10_000
    below = authority.children + 20 * at if measure.unit == "rate" else authority.children // 80 + chance.randrange(40)
    expected = min(level, 97.0) if measure.unit == "percent" else level
    above = min(whole(below * expected / factor, chance), below)
    value = factor * above / below
    if chance.random() < 0.001:
        value *= 1.3
    if measure.unit == "percent" and chance.random() < 0.0005:
        above, value = below + 7, factor * (below + 7) / below
    return f"{above},{below},{value:.1f}"


def whole(expected, chance):
    """A count, scattered as counts are."""
    return max(0, round(chance.gauss(expected, max(expected, 1) ** 0.5)))


def change_return(path):
    """A corrected return: every twentieth row counts one more, and its value is left to its parts."""
    heading, *rows = path.read_text().splitlines()
    changed = [corrected(row) if at % 20 == 0 else row for at, row in enumerate(rows)]
    return "\n".join([heading, *changed, ""])


def corrected(row):
    code, indicator, quarter, above, below, value, note = row.split(",")
    if not above.isdigit():
        return row
    above = str(int(above) + 1)
    return ",".join([code, indicator, quarter, above, below, "" if below else above, note])
