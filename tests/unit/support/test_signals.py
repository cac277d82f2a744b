"""Signals that ask a process to end reach its handler, and become the conventional exit code."""

import os
import signal

import pytest

from inkbridge.support.signals import Interruption, exit_code, handling_signals, interrupt


def test_an_ignored_signal_stays_ignored():
    former = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    received: list[int] = []
    try:
        with handling_signals(received.append):
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGTERM)
        assert received == [signal.SIGTERM]
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, former)


ENDING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", ENDING)
def test_signals_reach_the_handler_until_the_block_ends(number):
    former = [signal.getsignal(one) for one in ENDING]
    received: list[int] = []
    with handling_signals(received.append):
        for _ in range(2):
            os.kill(os.getpid(), number)
    assert received == [number, number]
    assert [signal.getsignal(one) for one in ENDING] == former


def test_handlers_are_restored_if_the_block_fails():
    former = [signal.getsignal(one) for one in ENDING]
    with pytest.raises(ValueError), handling_signals(lambda number: None):
        raise ValueError
    assert [signal.getsignal(one) for one in ENDING] == former


@pytest.mark.parametrize("number", ENDING)
def test_exit_code_is_128_and_the_number_of_the_signal(number):
    with pytest.raises(Interruption, match=f"interrupted by {number.name}") as caught, handling_signals(interrupt):
        os.kill(os.getpid(), number)
    assert exit_code(caught.value) == 128 + number


def test_ctrl_c_without_a_handler_has_the_exit_code_of_sigint():
    assert exit_code(KeyboardInterrupt()) == 130
