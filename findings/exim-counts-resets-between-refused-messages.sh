#!/usr/bin/env bash
# Exim 4.96 (Debian 12), a client that sends RSET before each next message.
#
# The one answer that RFC 5321 lists for RSET is 250. Exim counts the commands that carry no mail, and an RSET between
# two messages is left out of the count only when the first of them was accepted. Of messages whose recipients are
# refused or greylisted each costs one: the twelfth RSET is answered `554 Too many nonmail commands`, and the connection
# is closed. Without RSET it does not go on either: MAIL after a deferred recipient is `503 sender already given`. So on
# a morning of greylisting the connection ends every dozen messages, with a 5xx that is about none of them.
# `smtp_accept_max_nonmail` is the limit.
#
# Seen:
#   20 messages accepted, RSET after each     20 times 250
#   20 recipients deferred, RSET after each   11 times 250, 554 Too many nonmail commands, closed
#   a recipient deferred, MAIL without RSET   503 sender already given
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo "for root: it installs into a layer over the root" >&2; exit 1; }
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
cat >inside.sh <<'SH'
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
export DEBIAN_FRONTEND=noninteractive
apt-get install --yes --quiet=2 --no-install-recommends exim4-daemon-light='4.96-15*' >/dev/null 2>&1
cat >/etc/exim4/exim4.conf <<'CONF'
primary_hostname = relay.example
local_interfaces = 127.0.0.1
daemon_smtp_ports = 26327
host_lookup =
rfc1413_query_timeout = 0s
tls_advertise_hosts =
keep_environment =
queue_only
acl_smtp_rcpt = recipients
begin acl
recipients:
  defer local_parts = new
        message = 451 4.7.1 Greylisted, try again later
  accept
begin routers
all:
  driver = accept
  transport = nowhere
begin transports
nowhere:
  driver = appendfile
  file = /dev/null
CONF
exim4 -bdf >/dev/null 2>&1 &
python3 - <<'PYTHON'
import socket
import time

def open_line():
    for _ in range(50):
        try:
            line = socket.create_connection(("127.0.0.1", 26327), timeout=20)
            words = line.makefile("rb")
            words.readline()
            return line, words
        except ConnectionRefusedError:
            time.sleep(0.1)

def say(line, words, text):
    line.sendall(text.encode() + b"\r\n")
    answer = words.readline().decode().rstrip()
    while answer[3] == "-":
        answer = words.readline().decode().rstrip()
    return answer

def resets(reader, accepted):
    line, words = open_line()
    say(line, words, "EHLO sender.example")
    seen = []
    for _ in range(20):
        say(line, words, "MAIL FROM:<sender@sender.example>")
        say(line, words, f"RCPT TO:<{reader}@reader.example>")
        if accepted:
            say(line, words, "DATA")
            say(line, words, "Subject: one\r\n\r\nA line.\r\n.")
        seen.append(say(line, words, "RSET"))
        if not seen[-1].startswith("250"):
            break
    closed = "" if seen[-1].startswith("250") else ", " + seen[-1] + (", closed" if not words.readline() else "")
    return f"{sum(one.startswith('250') for one in seen)} times 250{closed}"

print("accepted:", resets("known", True))
print("deferred:", resets("new", False))
line, words = open_line()
say(line, words, "EHLO sender.example")
say(line, words, "MAIL FROM:<sender@sender.example>")
say(line, words, "RCPT TO:<new@reader.example>")
print("without RSET:", say(line, words, "MAIL FROM:<sender@sender.example>"))
PYTHON
SH
mkdir layer
seen=$(unshare --mount --pid --fork --kill-child --propagation private bash -euc '
mount -t tmpfs layer layer
mkdir layer/upper layer/work layer/root
mount -t overlay overlay -o lowerdir=/,upperdir="$PWD/layer/upper",workdir="$PWD/layer/work" layer/root
mount -t proc proc layer/root/proc && mount --bind /dev layer/root/dev
cp inside.sh layer/root/inside.sh
exec chroot layer/root bash /inside.sh')
echo "$seen"
[ "$seen" = "accepted: 20 times 250
deferred: 11 times 250, 554 Too many nonmail commands, closed
without RSET: 503 sender already given" ]
