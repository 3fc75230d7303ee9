"""Keys are taken out of what servers say."""

import pytest

from whimsight.endpoints.secrets import one_line, scrubber


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("the key top-secret-key-1 is wrong", "the key *** is wrong"),
        ("key=top-secret-key-1&x", "key=***&x"),
        ("begins with top-secr...", "begins with ***"),
        ("ends with ...cret-key-1", "ends with ***"),
        ("top-sec*******y-1", "***"),
        ("Authorization: Bearer abcdef", "Authorization: ***"),
        ("the key of a piano", "the key of a piano"),
        ("model 'secret-garden' is not there", "model 'secret-garden' is not there"),
    ],
)
def test_keys_and_their_parts_are_taken_out_of_what_servers_say(said, shown):
    assert scrubber(["top-secret-key-1"])(said) == shown


def test_a_message_is_one_short_line_without_control_characters():
    line = one_line("a\r\n\x1b[31mb\u202e" + "c" * 1000)
    assert len(line) == 300
    assert line.startswith("a [31mbc")
