"""Keeps a whole process on this machine. Python loads it at start where this folder is on PYTHONPATH.

Every connection, datagram and look-up that leaves loopback fails and is written to the file named by HOTSEAT_GUARD.
It sees what Python code does; sockets that a native library opens by itself pass below it.
"""

import errno
import ipaddress
import os
import sys

_ADDRESSED = {"socket.connect", "socket.sendto", "socket.sendmsg"}
_LOOKED_UP = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}


def _inside(host):
    if host is None or host in ("", b"", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host).is_loopback
    except ValueError:
        return False


def _guard(event, args):
    if event in _ADDRESSED:
        address = args[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event in _LOOKED_UP:
        host = args[0]
    else:
        return
    if not _inside(host):
        with open(os.environ["HOTSEAT_GUARD"], "a", encoding="utf-8") as record:
            record.write(f"{event} {host!r}\n")
        raise OSError(errno.ENETUNREACH, f"the test keeps this process on this machine: {event} {host!r}")


if os.environ.get("HOTSEAT_GUARD"):
    sys.addaudithook(_guard)
