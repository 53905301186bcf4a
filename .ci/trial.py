"""A small region that the trials in this folder run the real program on, and what it should come to.

Six authorities; a quarterly collection from an HTTP server of ours, a workforce collection from a drop folder,
mail to an SMTP server of ours (aiosmtpd, from the Python package index, kept in ~/.cache/quarterdeck). What is
published, and when, follows from a seed, so that a life can be lived again without anything going wrong.
"""

import asyncio
import collections
import dataclasses
import datetime
import hashlib
import http.server
import json
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import sys
import threading

AIOSMTPD = "1.4.6"
HOUSE = pathlib.Path.home() / ".cache" / "quarterdeck" / "mail-server"
CODES = ["E06000022", "E06000023", "E06000024", "E06000026", "E06000030", "E10000013"]
HEADINGS = "authority_code,indicator,quarter,numerator,denominator,value,note"
SETTLED = 1_000_000_000


def enter_house():
    """Runs this program again with a Python that has aiosmtpd."""
    python = HOUSE / AIOSMTPD / "bin" / "python"
    if pathlib.Path(sys.executable) == python:
        return
    if not python.exists() or subprocess.run([python, "-c", "import aiosmtpd"], capture_output=True).returncode:
        subprocess.run([sys.executable, "-m", "venv", "--clear", HOUSE / AIOSMTPD], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, f"aiosmtpd=={AIOSMTPD}"], check=True)
    os.execv(python, [str(python), "-B", *sys.argv])


def sum_of(content):
    return hashlib.sha256(content).hexdigest()


# Quarters, as the program writes them and as running numbers.

def quarter_number(label):
    return int(label[:4]) * 4 + int(label[-1]) - 1


def quarter_label(number):
    year = number // 4
    return f"{year}-{(year + 1) % 100:02} Q{number % 4 + 1}"


def last_ended(day):
    """The running number of the last quarter that was over before `day`."""
    return (day.year if day.month > 3 else day.year - 1) * 4 + (day.month - 4) % 12 // 3 - 1


@dataclasses.dataclass(frozen=True)
class Version:
    """One version of one return, and what should be read from it."""

    collection: str
    code: str
    quarter: str
    content: bytes
    figures: tuple
    quarantined: int

    @property
    def about(self):
        return (self.collection, self.code, self.quarter)

    @property
    def hash(self):
        return sum_of(self.content)


def make_version(collection, code, quarter, number, seed):
    """Version `number` of a return: figures of its own, and now and then a row that cannot be read."""
    chance = random.Random(f"{seed} {collection} {code} {quarter} {number}")
    children = 30_000 + 4_000 * CODES.index(code)
    if collection == "quarterly":
        referrals = children // 40 + chance.randrange(60)
        plans = children // 150 + chance.randrange(30)
        figures = [
            ("referral_rate", referrals, children),
            ("rereferral_pct", referrals * chance.randrange(15, 30) // 100, referrals),
            ("assessment_completed_rate", referrals - 9, children),
            ("assessment_45wd_pct", (referrals - 9) * chance.randrange(50, 95) // 100, referrals - 9),
            ("cla_rate", children // 120 + chance.randrange(40), children),
            ("cpp_rate", plans, children),
            ("icpc_rate", plans + 40, children),
            ("icpc_15wd_pct", (plans + 40) * chance.randrange(60, 95) // 100, plans + 40),
        ]
    else:
        posts = 200 + chance.randrange(40)
        figures = [
            ("sw_vacancy_pct", chance.randrange(10, 40), posts),
            ("sw_agency_pct", chance.randrange(10, 40), posts),
            ("reference_protocol_pct", chance.randrange(40, 60), 60),
        ]
    lines = [f"{code},{name},{quarter},{above},{below},,version {number}" for name, above, below in figures]
    bad = chance.random() < 0.25
    if bad:
        lines.append(f"{code},cin_rate,{quarter},twelve,{children},,")
    return Version(collection, code, quarter, "\r\n".join([HEADINGS, *lines, ""]).encode(), tuple(figures), int(bad))


class Plan:
    """What is published in which round, from a seed alone."""

    def __init__(self, seed, start, first_quarter):
        self.seed, self.start, self.first = seed, start, quarter_number(first_quarter)
        self.chance = random.Random(f"plan {seed}")
        self.numbers = collections.Counter()
        self.rounds = []

    def round(self, number):
        """The instant of a round, and what is published in it: the same for everyone who asks."""
        while len(self.rounds) <= number:
            self.rounds.append(self.next_round())
        return self.rounds[number]

    def next_round(self):
        number = len(self.rounds)
        now = self.start + datetime.timedelta(days=number // 2, hours=5 * (number % 2))
        newest = last_ended(now.date())
        if number == 0:
            # The newest quarter comes later, in pieces, so that there is someone to chase.
            due = [(name, code, quarter) for name in ["quarterly", "workforce"] for code in CODES
                   for quarter in range(self.first, newest)]
        else:
            due = self.due_now(newest)
        return now, [self.version(*one) for one in due]

    def due_now(self, newest):
        # Mostly the newest quarter: an older one has every quarter since asked again.
        due = {(self.chance.choice(["quarterly", "quarterly", "workforce"]), self.chance.choice(CODES),
                newest - self.chance.choice([0, 0, 0, 0, 1, 2])) for _ in range(self.chance.choice([1, 1, 1, 2]))}
        return sorted(due)

    def version(self, name, code, quarter):
        label = quarter_label(quarter)
        self.numbers[name, code, label] += 1
        return make_version(name, code, label, self.numbers[name, code, label], self.seed)


class Sources:
    """The HTTP source: the newest version of each return under its own path, with an ETag."""

    def __init__(self):
        pages = self.pages = {}

        class Page(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Without it, two small writes wait for one another's acknowledgement for 40 ms.
            disable_nagle_algorithm = True

            def do_GET(self):
                body = pages.get(self.path)
                tag = f'"{sum_of(body)[:16]}"' if body else None
                if body is None:
                    self.answer(404, b"")
                elif self.headers.get("If-None-Match") == tag:
                    self.answer(304, b"", tag)
                else:
                    self.answer(200, body, tag)

            def answer(self, status, body, tag=None):
                self.send_response(status)
                if tag:
                    self.send_header("ETag", tag)
                if status != 304:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                """A client that was killed in mid request is what we are here for."""

        self.server = Quiet(("127.0.0.1", 0), Page)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@dataclasses.dataclass(frozen=True)
class Accepted:
    """One message that the mail server took."""

    message_id: str
    recipient: str
    hash: str


class Mailbox:
    """A mail server on a free port. A message counts as taken when its final dot has come."""

    def __init__(self, seed=0, pause=0.03):
        from aiosmtpd.controller import Controller

        self.accepted, self.chance, self.pause = [], random.Random(f"mail {seed}"), pause
        # What to do in place of an answer: called with the envelope, returns a reply or None.
        self.instead = None
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = listener.getsockname()[1]
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=60)
        self.controller.start()

    def take(self, envelope):
        """Counts a message as taken, whatever is answered."""
        found = re.search(rb"^Message-ID:\s*<([^>\s]+)>", envelope.content, re.MULTILINE | re.IGNORECASE)
        name = found.group(1).decode() if found else "none"
        self.accepted.append(Accepted(name, envelope.rcpt_tos[0], sum_of(envelope.content)))

    async def handle_DATA(self, server, _session, envelope):
        if self.instead and (reply := self.instead(server, envelope)):
            return reply
        self.take(envelope)
        # Now the message is ours. A sender that dies before our answer is the window of RFC 1047: made wide.
        await asyncio.sleep(self.chance.random() * self.pause)
        return "250 2.0.0 taken"

    def stop(self):
        self.controller.stop()


def read_journal(state):
    """The lines of a journal; a line that is not what was written ends the trial."""
    path = state / "journal.jsonl"
    if not path.exists():
        return []
    lines = []
    for number, raw in enumerate(path.read_bytes().split(b"\n")[:-1], 1):
        body, found, seal = raw.rpartition(b',"sum":"')
        assert found and seal == sum_of(body + b"}")[:16].encode() + b'"}', f"line {number} has not its sum"
        line = json.loads(body + b"}")
        assert line["seq"] == number, f"line {number} says it is {line['seq']}"
        lines.append(line)
    return lines


def edited(text, *edits):
    for old, new in edits:
        assert old in text, f"no `{old}` in the shipped configuration"
        text = text.replace(old, new)
    return text


def blocks_with(text, heading, wanted):
    """The text with only those of its `[[heading]]` blocks that `wanted` takes."""
    head, *blocks = re.split(rf"(?m)^\[\[{heading}\]\]\n", text)
    return head + "".join(f"[[{heading}]]\n{block}" for block in blocks if wanted(block))


@dataclasses.dataclass
class Ended:
    """How a command ended."""

    status: int
    out: str
    words: str

    def __str__(self):
        return f"exit {self.status}: {(self.words or self.out).strip()[-600:]}"


class Region:
    """A configuration, a state folder, the two servers, and the program to run on them."""

    def __init__(self, program, folder, plan, pause=0.03, servers=None):
        self.program, self.folder, self.plan = program, folder, plan
        self.state, self.config, self.drop = folder / "state", folder / "config", folder / "drop"
        self.sources, self.mailbox = servers or (Sources(), Mailbox(plan.seed, pause))
        self.published = collections.defaultdict(list)
        folder.mkdir(parents=True)
        self.drop.mkdir()
        self.configure()

    def configure(self):
        subprocess.run([self.program, "init", self.config], check=True, capture_output=True)
        path = self.config / "quarterdeck.toml"
        text = path.read_text()
        first = quarter_label(self.plan.first)
        start = text.index("[mail.folder]")
        mail = (f'[mail.smtp]\nhost = "127.0.0.1"\nport = {self.mailbox.port}\ntls = "loopback"\n'
                "timeout_seconds = 20\nattempts_max = 50\n\n\n")
        text = text[:start] + mail + text[text.index("# Limits on everything"):]
        text = re.sub(r'first_quarter = "201[45]-\d\d Q1"', f'first_quarter = "{first}"', text)
        text = re.sub(r"\[collection\.http\.bearer\]\ntoken_file = .*\n", "", text)
        text = re.sub(r'(?m)^url = ".*"$', f'url = "http://127.0.0.1:{self.sources.port}/{{quarter}}/{{authority}}"', text)
        path.write_text(edited(
            text, ('state = "state"', 'state = "../state"'), ("revision_quarters = 4", "revision_quarters = 2"),
            ('private_addresses = "refused"', 'private_addresses = "allowed"'),
            ('path = "state/drop/workforce"', 'path = "../drop"'), ("settle_seconds = 30", "settle_seconds = 1"),
            ("per_recipient_per_day = 10", "per_recipient_per_day = 1000"),
            ("result_rows_max = 10_000", "result_rows_max = 1_000_000"),
            ('folder = "state/backups"', 'folder = "../state/backups"'),
        ))
        path = self.config / "authorities.toml"
        path.write_text(blocks_with(path.read_text(), "authority", lambda block: any(code in block for code in CODES)))
        path = self.config / "recipients.toml"
        of_ours = lambda block: 'scope = "region"' in block or any(code in block for code in CODES)
        path.write_text(blocks_with(path.read_text(), "recipient", of_ours))
        checked = self.run("check-config", now=self.plan.start)
        assert checked.status == 0, f"check-config: {checked}"

    def edit(self, *edits, file="quarterdeck.toml"):
        path = self.config / file
        path.write_text(edited(path.read_text(), *edits))

    def publish(self, versions):
        for one in versions:
            self.published[one.about].append(one)
            label = one.quarter.replace(" ", "-")
            if one.collection == "quarterly":
                self.sources.pages[f"/{label}/{one.code}"] = one.content
            else:
                path = self.drop / f"workforce_{one.code}_{label}.csv"
                assert not path.exists(), f"{path} was not put away"
                hidden = path.with_name("." + path.name)
                hidden.write_bytes(one.content)
                os.utime(hidden, (SETTLED, SETTLED))
                hidden.rename(path)

    def command(self, *arguments, now=None):
        at = ["--now", now.strftime("%Y-%m-%dT%H:%M:%SZ")] if now else []
        return [str(self.program), "--config", str(self.config), "--state", str(self.state), *at, *arguments]

    def run(self, *arguments, now=None, prefix=(), timeout=300, **options):
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        options.setdefault("stdin", subprocess.DEVNULL)
        command = [*prefix, *self.command(*arguments, now=now)]
        done = subprocess.run(command, timeout=timeout, **options)
        text = lambda raw: (raw or b"").decode("utf-8", "replace")
        return Ended(done.returncode, text(done.stdout), text(done.stderr))

    def once(self, now, **options):
        return self.run("once", now=now, **options)

    def sql(self, query):
        """The rows of a query over the public views, each as a dictionary."""
        done = self.run("sql", query, "--format", "json")
        assert done.status == 0, f"sql: {done}"
        return json.loads(done.out)

    def journal(self):
        return read_journal(self.state)

    def copy_state(self, name):
        """A copy of the state folder beside it."""
        copy = self.folder / name
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.state, copy, symlinks=True)
        return copy

    def restore_state(self, name):
        shutil.rmtree(self.state, ignore_errors=True)
        shutil.copytree(self.folder / name, self.state, symlinks=True)

    def stop(self):
        self.sources.stop()
        self.mailbox.stop()


def judge_returns(region):
    """What is wrong with what was received and loaded; an empty list when nothing is."""
    wrong = []
    journal = region.journal()
    received = collections.defaultdict(list)
    for line in journal:
        if line["event"] == "received":
            detail = line["detail"]
            received[detail["collection"], detail["authority"], detail["quarter"]].append(line["subject"])
    for about, versions in region.published.items():
        if received[about] != [one.hash for one in versions]:
            wrong.append(f"{about}: {len(versions)} versions published, {len(received[about])} journalled")
    for about in received.keys() - region.published.keys():
        wrong.append(f"{about}: received, never published")
    hashes = {name for names in received.values() for name in names}
    for name in hashes:
        kept = region.state / "received" / name
        if not kept.exists() or sum_of(kept.read_bytes()) != name:
            wrong.append(f"received/{name} is not what was received")
    wrong += judge_views(region)
    left = [path.name for path in region.drop.glob("*.csv")]
    put_away = list((region.drop / "done").glob("*.csv"))
    dropped = sum(len(versions) for about, versions in region.published.items() if about[0] == "workforce")
    if left or len(put_away) != dropped:
        wrong.append(f"drop folder: {dropped} dropped, {len(put_away)} put away, left {left}")
    return wrong


def judge_views(region):
    """What the public views hold, against what was published: one query, because each one is a process."""
    found = collections.defaultdict(dict)
    for row in region.sql("""
        SELECT 'versions loaded' AS part,
               concat_ws('|', collection, sender, quarter_label(return_quarter), version) AS name,
               concat_ws('|', any_value(hash), count(*), count(DISTINCT hash)) AS value
          FROM observation_versions GROUP BY ALL
        UNION ALL
        SELECT 'returns', concat_ws('|', collection, authority, quarter_label(quarter)),
               concat_ws('|', version, hash, accepted, quarantined)
          FROM returns WHERE submission IS NOT NULL
        UNION ALL
        SELECT 'figures', concat_ws('|', collection, authority, quarter_label(quarter), indicator),
               concat_ws('|', numerator::BIGINT, denominator::BIGINT)
          FROM observations
        UNION ALL
        SELECT 'rows set aside', concat_ws('|', collection, authority, quarter_label(quarter), version),
               count(*)::VARCHAR
          FROM quarantine GROUP BY ALL
        ORDER BY ALL"""):
        assert row["name"] not in found[row["part"]], f"twice in {row['part']}: {row['name']}"
        found[row["part"]][row["name"]] = row["value"]
    wanted = collections.defaultdict(dict)
    for about, known in region.published.items():
        name = "|".join(about)
        for number, one in enumerate(known, 1):
            wanted["versions loaded"][f"{name}|{number}"] = f"{one.hash}|{len(one.figures)}|1"
            if one.quarantined:
                wanted["rows set aside"][f"{name}|{number}"] = str(one.quarantined)
        latest = known[-1]
        wanted["returns"][name] = f"{len(known)}|{latest.hash}|{len(latest.figures)}|{latest.quarantined}"
        for indicator, above, below in latest.figures:
            wanted["figures"][f"{name}|{indicator}"] = f"{above}|{below}"
    return [one for part in wanted | found for one in different(part, wanted[part], found[part])]


def different(what, wanted, found):
    odd = [key for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key)]
    if not odd:
        return []
    key = sorted(odd, key=str)[0]
    return [f"{what}: {len(odd)} of {len(wanted)} differ, such as {key}: wanted {wanted.get(key)}, found {found.get(key)}"]


@dataclasses.dataclass
class Post:
    """What became of the messages, by the journal and by the mail server."""

    queued: int
    lost: list
    extra: int
    windows: int
    wrong: list


def judge_messages(region, accepted=None):
    """Each queued message was taken at least once; twice only after an outcome that could not be known."""
    queued, unknown, ended = {}, collections.Counter(), {}
    for line in region.journal():
        key, event = line["subject"], line["event"]
        if event == "queued":
            queued.setdefault(key, line["detail"])
        elif event == "unknown":
            unknown[key] += 1
        if event in ("sending", "sent", "refused", "later", "unknown", "held"):
            ended[key] = event
    names = {detail["message_id"]: key for key, detail in queued.items()}
    copies = collections.defaultdict(list)
    wrong = []
    for one in region.mailbox.accepted if accepted is None else accepted:
        if one.message_id not in names:
            wrong.append(f"{one.message_id} was sent and never queued")
            continue
        key = names[one.message_id]
        copies[key].append(one)
        if one.recipient != queued[key]["address"] or one.hash != queued[key]["hash"]:
            wrong.append(f"{key} was sent with other bytes or to another address than was queued")
    for key in copies:
        if len(copies[key]) > 1 + min(1, unknown[key]):
            wrong.append(f"{key} was sent {len(copies[key])} times, its outcome was unknown {unknown[key]} times")
    for key in queued:
        if ended.get(key) != "sent":
            wrong.append(f"{key} ended as {ended.get(key)}")
    lost = [key for key in queued if not copies[key]]
    extra = sum(len(taken) - 1 for taken in copies.values() if taken)
    return Post(len(queued), lost, extra, sum(unknown.values()), wrong)


def judge_files(region):
    """What lies in the state folder and should not."""
    known = {"quarterdeck.duckdb", "quarterdeck.duckdb.wal", "journal.jsonl", "journal.torn", "received", "messages",
             "lock", "daemon.lock", "config-in-force.json", "config-last-good.json", "backups",
             "outgoing", "drop", "metrics.prom", "status.json"}
    # One for each drop folder, so that nobody else looks into it meanwhile.
    locks = re.compile(r"folder-[0-9a-f]{16}\.lock")
    wrong = [path.name for path in region.state.iterdir() if path.name not in known and not locks.fullmatch(path.name)]
    wrong += [f"received/{path.name}" for path in (region.state / "received").glob("*")
              if not re.fullmatch(r"[0-9a-f]{64}", path.name)]
    wrong += [f"messages/{path.name}" for path in (region.state / "messages").glob("*") if path.suffix != ".eml"]
    return wrong
