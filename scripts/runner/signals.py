"""What SIGINT, SIGTERM and SIGHUP do to the scripts: one line and status 128 + number, never a traceback.

The shell starts Python with the three blocked where it can (see lib.sh), so
that none falls into Python's own start; start.py lets them in. Once the
program runs they raise Stopped, or, where work has to be put away first, are
noted.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys

ALL = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(KeyboardInterrupt):
    """A signal ended the program."""

    def __init__(self, number: int):
        super().__init__()
        self.number = number


def hold() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, ALL)


def let_in() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ALL)


def handle(handler) -> None:
    for number in ALL:
        # nohup's wish is kept.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)


def stop(number, frame) -> None:
    handle(signal.SIG_IGN)  # the first one counts; what it set off is not disturbed
    leave_terminal()
    raise Stopped(number)


class Note:
    """The first signal that came, and who wants to be told."""

    def __init__(self):
        self.number: int | None = None
        self.tell: list = []

    def take(self, number, frame) -> None:
        leave_terminal()
        if self.number is None:
            self.number = number
            for tell in list(self.tell):
                tell()


@contextlib.contextmanager
def noted():
    """Within, signals raise nothing and are told to the Note."""
    note = Note()
    before = {number: signal.getsignal(number) for number in ALL}
    handle(note.take)
    try:
        yield note
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def leave_terminal() -> None:
    """Where the terminal was closed, writing is an error: what is still said goes nowhere."""
    for stream in (sys.__stdout__, sys.__stderr__):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            poll = select.poll()
            poll.register(stream.fileno(), 0)
            if any(event & (select.POLLHUP | select.POLLERR) for _, event in poll.poll(0)):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
