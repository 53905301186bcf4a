#!/usr/bin/env bash
# OpenSMTPD 6.8.0p2 (Debian 12), a message over `smtp max-message-size`.
#
# It announces SIZE in its answer to EHLO, and takes the parameter SIZE of MAIL without a look at it: a size far beyond
# its limit is answered 250, and so is the recipient and DATA. Only when the whole message has come is it refused, with
# 554 5.3.4. RFC 1870 has 552 for that, at MAIL; Exim and sendmail answer so. Who announces the size to save
# the sending saves nothing here, and who knows a message that is too large by 552 does not know this one.
#
# Seen:
#   EHLO                  250-SIZE 1000
#   MAIL .. SIZE=5000     250 2.0.0 Ok
#   the end of the data   554 5.3.4 Message too big for system: Transaction failed, message too big
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo "for root: it installs into a layer over the root" >&2; exit 1; }
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
cat >inside.sh <<'SH'
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
export DEBIAN_FRONTEND=noninteractive
apt-get install --yes --quiet=2 --no-install-recommends opensmtpd='6.8.0p2-4*' >/dev/null 2>&1
printf '%s\n' 'smtp max-message-size 1000' 'listen on 127.0.0.1 port 26326 hostname relay.example' \
    'action "box" mbox virtual { "@" = "nobody" }' 'match from any for any action "box"' >/etc/smtpd.conf
smtpd -d >/dev/null 2>&1 &
python3 - <<'PYTHON'
import socket
import time

for _ in range(50):
    try:
        line = socket.create_connection(("127.0.0.1", 26326), timeout=20)
        break
    except ConnectionRefusedError:
        time.sleep(0.1)
words = line.makefile("rb")

def say(text):
    line.sendall(text.encode() + b"\r\n")
    answer = [words.readline().decode().rstrip()]
    while answer[-1][3] == "-":
        answer.append(words.readline().decode().rstrip())
    return answer

words.readline()
print("EHLO:", next(word for word in say("EHLO sender.example") if "SIZE" in word))
print("MAIL:", *say("MAIL FROM:<sender@sender.example> SIZE=5000"))
print("RCPT:", *say("RCPT TO:<reader@reader.example>"))
print("DATA:", *say("DATA"))
print("end of data:", *say("Subject: large\r\n\r\n" + ("x" * 78 + "\r\n") * 62 + "."))
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
[ "$seen" = 'EHLO: 250-SIZE 1000
MAIL: 250 2.0.0 Ok
RCPT: 250 2.1.5 Destination address valid: Recipient ok
DATA: 354 Enter mail, end with "." on a line by itself
end of data: 554 5.3.4 Message too big for system: Transaction failed, message too big' ]
