"""The return that every program writes: 34 figures of the shipped indicators, in the shapes that occur.

A sheet is a list of rows, a row a list of cells. A cell is None, a text, a number, or one of
{"formula": "402+10", "value": 412}, {"number": 0.829, "format": "0.0%"} or a date
{"date": "2017-09-30", "format": "mmm-yy"}.
"""

import dataclasses
import fractions
import pathlib
import tomllib

AUTHORITY, QUARTER = "E06000022", "2017-18 Q2"
HEADINGS = ["authority_code", "indicator", "quarter", "numerator", "denominator", "value", "note"]
NOTES = {2: "two systems until May; joined since, \"as one\"", 5: "late returns of one team"}
AREA = {"children aged 0 to 17 in the area": 35178, "children aged 5 to 16 in the area": 24390,
        "people aged 0 to 25 in the area": 58120}
FTE = {"sw_vacancy_pct": 204.5, "sw_agency_pct": 201.6, "sw_absence_pct": 12210.2}
# What the percentages of a family are out of, and the measures that count it.
OUT_OF = {"contacts": 2207, "referral": 412, "rereferral": 412, "assessment": 391, "icpc": 98, "cpp": 61,
          "careleaver": 118, "ehc": 96}
WHOLES = {"contacts_rate", "referral_rate", "assessment_completed_rate", "icpc_rate", "cpp_start_rate"}
INDICATORS = pathlib.Path(__file__).parents[2] / "config" / "indicators.toml"


@dataclasses.dataclass(frozen=True)
class Figure:
    """One row of the return; a count has a numerator only."""

    indicator: str
    above: int | float
    below: int | float | None
    factor: int
    unit: str
    note: str | None

    @property
    def exact(self):
        """The value that the parts give: of the quarter, not of a year."""
        if self.below is None:
            return None
        return fractions.Fraction(str(self.above)) * self.factor / fractions.Fraction(str(self.below))

    @property
    def stated(self):
        return None if self.below is None else round(float(self.exact), 1)


def figures():
    """The figures, from what the shipped configuration says of each indicator."""
    shipped = tomllib.loads(INDICATORS.read_text())["indicator"]
    known = [one for one in shipped if "quarterly" in one["collections"]]
    return [figure(number, one) for number, one in enumerate(known)]


def figure(number, indicator):
    """A figure of one indicator: made up, whole and with a fraction, such as go into the plausible range."""
    name, unit = indicator["id"], indicator["unit"]
    below = FTE.get(name) or AREA.get(indicator.get("denominator")) or OUT_OF.get(name.split("_")[0])
    if unit == "percent":
        above = round(below * (75 - 2 * number) / 100, 1 if name in FTE else None)
    else:
        above = OUT_OF[name.split("_")[0]] if name in WHOLES else 140 - 2 * number
        above += 0.5 if name.endswith("_fte") else 0
    factor = indicator.get("per", 100)
    return Figure(name, above, None if unit == "count" else below, factor, unit, NOTES.get(number))


@dataclasses.dataclass(frozen=True)
class Variant:
    """One shape of the return, and what a writer must be able to do to write it."""

    sheets: list
    needs: frozenset
    merges: list = dataclasses.field(default_factory=list)


def row(one, **other):
    """The seven cells of a figure, with others in place of some."""
    cells = {"authority": AUTHORITY, "indicator": one.indicator, "quarter": QUARTER, "numerator": one.above,
             "denominator": one.below, "value": one.stated, "note": one.note}
    return list((cells | other).values())


def text(cell):
    return None if cell is None else str(cell)


def grouped(number):
    return None if number is None else f"{number:,}"


def share(one):
    """The value as a percentage cell holds it: a fraction."""
    return {"number": float(one.exact / 100), "format": "0.0%"} if one.unit == "percent" else one.stated


def spaced(number):
    return number and {"number": number, "format": "#,##0.0" if number % 1 else "#,##0"}


def sum_formula(one):
    return {"formula": f"{one.above}-10+10", "value": one.above}


def value_formula(one, line):
    return one.stated and {"formula": f"ROUND({one.factor}*D{line}/E{line},1)", "value": one.stated}


def variants():
    """Every shape, by name."""
    all_of = figures()

    def of(make, headings=HEADINGS):
        return [headings, *(make(one) for one in all_of)]

    plain = of(row)
    formulas = [HEADINGS, *(row(one, numerator=sum_formula(one), value=value_formula(one, line))
                            for line, one in enumerate(all_of, 2))]
    some = {one.indicator for one in all_of if one.unit == "percent"} - {"rereferral_pct", "icpc_15wd_pct"}
    broken = "referral_source_school_pct"
    guidance = [["Guidance for the quarterly return"], [], ["Fill in the sheet Return; one row a measure."],
                ["Send it within 30 working days."]]
    merged = [["Regional quarterly set"] + [None] * 6, [AUTHORITY] + [None] * 6, HEADINGS, row(all_of[0]),
              *(row(one, authority=None, quarter=None) for one in all_of[1:])]
    last = len(all_of) + 3

    def made(rows, *needs, **more):
        return Variant([("Return", rows)], frozenset(needs), **more)

    return {
        "plain": made(plain),
        "text": made([[text(cell) for cell in line] for line in plain]),
        "na": made([[("NA" if cell is None else cell) for cell in line] for line in plain]),
        "typed": made(of(lambda one: row(
            one, numerator=grouped(one.above), denominator=grouped(one.below),
            value=f"{one.stated}%" if one.unit == "percent" else text(one.stated)))),
        "guidance": Variant([("Guidance", guidance), ("Return", plain)], frozenset(["sheets"])),
        "percent": made(of(lambda one: row(one, value=share(one))), "format"),
        "percent-some": made(
            of(lambda one: row(one, value=share(one)) if one.indicator in some else row(one)), "format"),
        "thousands": made(
            of(lambda one: row(one, numerator=spaced(one.above), denominator=spaced(one.below))), "format"),
        "formulas": made(formulas, "formula", "saved"),
        "uncomputed": made(formulas, "formula"),
        "error": made(of(lambda one: row(one, value={"formula": "1/0", "value": "#DIV/0!"})
                         if one.indicator == broken else row(one)), "formula", "saved-error"),
        "merged": made(merged, "merge", merges=["A1:G1", "A2:G2", f"A4:A{last}", f"C4:C{last}"]),
        "quarter-ends": made(of(lambda one: row(one, quarter={"date": "2017-09-30", "format": "dd/mm/yyyy"})),
                             "date"),
        "month-typed": made(of(lambda one: row(one, quarter={"date": "2017-09-01", "format": "mmm-yy"})),
                            "date"),
    }
