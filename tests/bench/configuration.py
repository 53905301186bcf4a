"""The configuration of the made-up region: a drop folder for its returns, and a folder for its mail."""

import json
import pathlib
import shutil

import returns

HOUSE = pathlib.Path(__file__).resolve().parents[2]
SHIPPED = HOUSE / "config"

REGION = """\
state = "../state"
zone = "Europe/London"
bank_holidays = "england-and-wales"

[region]
name = "Bench region"
code = "E12000001"
instance = "bench"
neighbours = "made-up"
notice = "Figures are made up."
small_number_max = 5

[[collection]]
name = "quarterly"
title = "Quarterly set"
cadence = "quarterly"
first_quarter = "{first_quarter}"
due_working_days = 30
revision_quarters = 4
reporters = "members"
provisional = true

[collection.folder]
path = "../drop"
name = "{{authority}}_{{quarter}}"
settle_seconds = 1

[[collection.symbol]]
text = "x"
means = "unavailable"

[[collection.layout]]
name = "return"
header_within = 12

[collection.layout.long]
authority = ["authority_code"]
indicator = ["indicator"]
quarter = ["quarter"]
numerator = ["numerator"]
denominator = ["denominator"]
value = ["value"]
note = ["note"]

[[digest]]
name = "performance-lead"
title = "Your authority this week"
style = "performance-lead"
cron = "0 8 * * FRI"

[[digest]]
name = "director"
title = "Your quarter on one screen"
style = "director"
cron = "0 8 17 2,5,8,11 *"
when_nothing_changed = "send"

[[digest]]
name = "regional-lead"
title = "The region this week"
style = "regional-lead"
cron = "0 8 * * FRI"
when_nothing_changed = "send"

[schedule]
collect = "0 7,13 * * MON-FRI"
remind_from_hour = 8
catch_up = "latest"
hold_after_days = 31

[backup]
cron = "30 2 * * *"
keep = 14
folder = "../state/backups"

[chasing]
before = [5]
after = [1, 5, 10]
to = ["performance-lead"]
escalate_after = 10
escalate_to = ["director"]

[mail]
from_name = "Bench region"
from = "quarterdeck@bench.example"
reply_to = "lead@bench.example"
bounces = "bounces@bench.example"
unsubscribe = "unsubscribe@bench.example"
allowed_domains = ["example"]
per_recipient_per_day = 1000

[mail.folder]
path = "../outgoing"

[limits]
file_mebibytes = 20
unpacked_mebibytes = 200
rows_max = 1_000_000
columns_max = 512
field_chars_max = 10_000
connect_seconds = 10
fetch_seconds = 600
fetches_at_once = 8
run_seconds = 36_000
run_mebibytes = 8192
database_mebibytes = 2048
worker_mebibytes = 1536
worker_seconds = 300
result_rows_max = 1_000_000
"""

AUTHORITY = """\
[[authority]]
code = "{code}"
name = "{name}"
dfe_number = "{number}"

[[authority.neighbours]]
version = "made-up"
dfe_numbers = {neighbours}

"""

INDICATOR = """\
[[indicator]]
id = "{id}"
name = "{name}"
collections = ["quarterly"]
theme = "{theme}"
definition = "What is counted is made up."
unit = "{unit}"
{parts}
polarity = "{polarity}"
behaviour = "{behaviour}"
decimals = {decimals}
minimum_denominator = {minimum}
source = "Made up"

"""

PARTS = {
    "percent": 'numerator = "cases of this kind"\ndenominator = "cases"\nplausible = [0, 100]',
    "rate": 'per = 10000\nnumerator = "children"\ndenominator = "children aged 0 to 17 in the area"',
    "count": 'numerator = "cases"',
}
MINIMUM = {"percent": 50, "rate": 2000, "count": 0}

RECIPIENT = """\
[[recipient]]
id = "{id}"
name = "{title}"
address = "{id}@bench.example"
role = "{role}"
{scope}

"""

DEADLINES = """\
[reminders]
before = [20, 10, 5, 1]
after = [1, 5]
to = ["performance-lead"]
"""


def write_configuration(folder, size, seed):
    """Writes every file of a configuration folder for a region of this size."""
    folder.mkdir(parents=True)
    members = returns.authorities(size.authorities, seed)
    first = returns.quarter_label(returns.quarters(size.quarters)[0])
    files = {
        "quarterdeck.toml": REGION.format(first_quarter=first),
        "authorities.toml": "".join(authority(at, members) for at in range(len(members))),
        "indicators.toml": "".join(indicator(one) for one in returns.indicators(size.indicators)),
        "recipients.toml": "".join(recipients(members)),
        "deadlines.toml": DEADLINES,
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    shutil.copy(SHIPPED / "bank-holidays.json", folder)


def authority(at, members):
    """One authority, whose neighbours are the ten that follow it."""
    after = [members[(at + step) % len(members)].number for step in range(1, min(11, len(members)))]
    return AUTHORITY.format(**vars(members[at]), neighbours=json.dumps(after))


def indicator(one):
    return INDICATOR.format(**vars(one), parts=PARTS[one.unit], minimum=MINIMUM[one.unit],
                            decimals=0 if one.unit == "count" else 1)


def recipients(members):
    """Two of the region, and two of each authority."""
    yield recipient("regional-lead", "Regional lead", "regional-lead", 'scope = "region"\ndigests = ["regional-lead"]')
    yield recipient("operator", "Operator", "operator", 'scope = "region"\nfigures = "none"')
    for one in members:
        for role, title in [("performance-lead", "Performance lead"), ("director", "Director")]:
            scope = f'authorities = ["{one.code}"]\ndigests = ["{role}"]'
            yield recipient(f"{one.name.lower()}-{role}", f"{title}, {one.name}", role, scope)


def recipient(identifier, title, role, scope):
    return RECIPIENT.format(id=identifier, title=title, role=role, scope=scope)
