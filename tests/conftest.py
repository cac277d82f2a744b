"""Tests begin with the signals as a shell in the foreground hands them on, whatever ran pytest."""

import signal


def pytest_configure() -> None:
    # In the background of a script SIGINT is ignored, under nohup SIGHUP, and children would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
