#!/usr/bin/env bash
# sendmail 8.17.1.9 (Debian 12) with a milter that turns away a connection or its greeting.
#
# A milter's answer to the connection or to EHLO is not given there. The greeting is 220 and EHLO is 250, and then MAIL
# is refused, each MAIL of the connection alike: with the milter's words when it spoke to EHLO; with sendmail's own,
# `451 4.3.2 Please try again later`, when it answered the connection with 450. Only a 5xx to the connection is in the
# greeting, as 554, and without the milter's words too. So a 5xx to MAIL need not be about its sender, nor about any
# message: on a fresh connection the same message may be taken.
#
# Seen, the milter's answer and then greeting / EHLO / MAIL / MAIL after RSET:
#   connection 450 4.2.0   220 / 250 / 451 4.3.2 Please try again later / the same
#   connection 550 5.7.1   554 relay.example ESMTP not accepting messages
#   EHLO 450 4.2.0         220 / 250 / 450 4.2.0 Not now / the same
#   EHLO 550 5.7.1         220 / 250 / 550 5.7.1 Not here / the same
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo "for root: it installs into a layer over the root" >&2; exit 1; }
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
cat >inside.sh <<'SH'
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
export DEBIAN_FRONTEND=noninteractive
apt-get install --yes --quiet=2 --no-install-recommends sendmail-bin='8.17.1.9-2*' m4 >/dev/null 2>&1
cat >/etc/mail/own.mc <<'MC'
include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(`debian')dnl
define(`confDOMAIN_NAME', `relay.example')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`accept_unresolvable_domains')dnl
DAEMON_OPTIONS(`Family=inet, Name=MTA, Port=26328, Addr=127.0.0.1')dnl
define(`confREFUSE_LA', `1000')dnl
INPUT_MAIL_FILTER(`own', `S=local:/run/own.sock, T=S:30s;R:30s')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
MC
m4 /etc/mail/own.mc >/etc/mail/own.cf
# It looks for its own full name, and waits a minute for one.
echo "127.0.0.1 $(hostname).example $(hostname) localhost" >/etc/hosts
sendmail -C/etc/mail/own.cf -bD >/dev/null 2>&1 &
python3 - <<'PYTHON'
import os
import socket
import socketserver
import struct
import threading
import time

refusal = (b"", b"")

class Milter(socketserver.StreamRequestHandler):
    """The milter protocol: O options, C connection, H EHLO; D, A and K want no answer."""

    def handle(self):
        while head := self.rfile.read(4):
            packet = self.rfile.read(struct.unpack("!I", head)[0])
            kind = packet[:1]
            if kind == b"Q":
                return
            if kind in b"DAK":
                continue
            answer = b"c"
            if kind == b"O":
                version, _, steps = struct.unpack("!III", packet[1:13])
                answer = b"O" + struct.pack("!III", version, 0, steps & 0x170)
            elif kind == refusal[0]:
                answer = b"y" + refusal[1] + b"\0"
            self.wfile.write(struct.pack("!I", len(answer)) + answer)

server = socketserver.ThreadingUnixStreamServer("/run/own.sock", Milter)
server.daemon_threads = True
os.chmod("/run/own.sock", 0o600)
threading.Thread(target=server.serve_forever, daemon=True).start()

def opened():
    for _ in range(100):
        try:
            return socket.create_connection(("127.0.0.1", 26328), timeout=30)
        except ConnectionRefusedError:
            time.sleep(0.1)

def heard(words):
    answer = words.readline().decode().rstrip()
    while answer[3] == "-":
        answer = words.readline().decode().rstrip()
    return answer

for place, kind in (("connection", b"C"), ("EHLO", b"H")):
    for reply in ("450 4.2.0 Not now", "550 5.7.1 Not here"):
        refusal = (kind, reply.encode())
        line = opened()
        words = line.makefile("rb")
        seen = [heard(words)]
        if seen[0].startswith("220"):
            seen[0] = "220"
            for command in ("EHLO sender.example", *["MAIL FROM:<sender@sender.example>", "RSET"] * 2):
                line.sendall(command.encode() + b"\r\n")
                answer = heard(words)
                if command != "RSET":
                    seen.append(answer[:3] if answer.startswith("250") else answer)
        print(f"{place} {reply}:", " / ".join(seen))
        line.close()
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
[ "$seen" = "connection 450 4.2.0 Not now: 220 / 250 / 451 4.3.2 Please try again later / 451 4.3.2 Please try again later
connection 550 5.7.1 Not here: 554 relay.example ESMTP not accepting messages
EHLO 450 4.2.0 Not now: 220 / 250 / 450 4.2.0 Not now / 450 4.2.0 Not now
EHLO 550 5.7.1 Not here: 220 / 250 / 550 5.7.1 Not here / 550 5.7.1 Not here" ]
