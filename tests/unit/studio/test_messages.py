"""Messages between server and worker arrive as they were sent, or not at all."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkbridge.studio.messages import HEAD, Message, lengths, read_message


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=9) | st.none()), st.binary(max_size=99))
def test_messages_arrive_one_after_another(about, block):
    sent = [Message(about, block), Message({}), Message(about)]
    stream = io.BytesIO(b"".join(message.encoded() for message in sent))
    assert [read_message(stream) for _ in sent] == sent
    assert read_message(stream) is None


def test_a_message_that_breaks_off_is_none():
    whole = Message({"job": 1}, b"abc").encoded()
    assert all(read_message(io.BytesIO(whole[:length])) is None for length in range(len(whole)))


def test_what_is_too_long_is_refused_before_it_is_read():
    with pytest.raises(ValueError, match="no message"):
        lengths(HEAD.pack(1 << 21, 0))
    with pytest.raises(ValueError, match="no message"):
        lengths(HEAD.pack(1, 1 << 40))
