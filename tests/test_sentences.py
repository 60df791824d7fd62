"""Sentences as data: what they say, what is kept of them, and what is not mistaken for one."""

from __future__ import annotations

import copy
import json

import pytest

from sync.core.issue_sync.model import SideName
from sync.errors import Refused
from sync.sentences import (
    Sentence,
    as_sentence,
    as_text,
    decode_sentence,
    encode_sentence,
    join_sentences,
    sentence,
)

HOST = sentence("The address of {host} is private", host="10.0.0.1")


def test_a_sentence_is_its_english_text():
    assert HOST == "The address of 10.0.0.1 is private"
    assert sentence("{count} files", count=3) == "3 files"
    assert as_sentence("50 % of {this}") == "50 % of {this}"


def test_braces_in_values_stay():
    assert sentence("{a} and {b}", a="{b}", b="{a}") == "{b} and {a}"


@pytest.mark.parametrize(
    "text",
    [
        HOST,
        as_sentence("Nothing to do"),
        sentence("{a}: {b}", a=HOST, b=7),
        Refused(HOST, cause="Usually", change="Look").args[0],
        "plain",
        "",
        '{"sentence":"not one of ours"}',
        '{"sentence":',
    ],
    ids=["values", "none", "nested", "error", "plain", "empty", "looks like one", "broken"],
)
def test_what_is_stored_is_read_back(text):
    read = decode_sentence(encode_sentence(text))
    assert read == text
    if isinstance(text, Sentence):
        assert isinstance(read, Sentence)
        assert (read.template, read.values) == (text.template, text.values)


def test_a_stored_sentence_is_its_template_with_values():
    assert json.loads(encode_sentence(HOST)) == {
        "sentence": "The address of {host} is private",
        "values": {"host": "10.0.0.1"},
    }


def test_texts_of_older_versions_are_read_as_they_are():
    assert type(decode_sentence("The access token has expired.")) is str


def test_an_error_keeps_its_sentence():
    error = Refused(HOST, cause="Usually", change="Look")
    assert str(error) == "The address of 10.0.0.1 is private. Usually. Look."
    assert isinstance(str(error), Sentence)
    assert as_text(LookupError(HOST)) is HOST
    assert as_text(ValueError("plain")) == "plain"


def test_joined_and_added_sentences_are_sentences():
    joined = join_sentences(", ", [HOST, "plain"])
    assert joined == "The address of 10.0.0.1 is private, plain"
    assert isinstance(joined, Sentence)
    assert isinstance("see: " + HOST, Sentence)
    assert "see: " + HOST + "!" == "see: The address of 10.0.0.1 is private!"
    assert type(join_sentences(", ", ["a", "b"])) is str


def test_a_word_of_ours_is_said_in_the_readers_language_too():
    (value,) = sentence("on the {side}", side=SideName.PORTAL).values.values()
    assert isinstance(value, Sentence)
    assert value == "portal"


def test_a_mask_reaches_the_values_alone():
    masked = sentence("{a}: {b}", a=sentence("key {key}", key="secret"), b="secret").map_text(
        lambda text: text.replace("secret", "***")
    )
    assert masked == "key ***: ***"
    assert masked.template == "{a}: {b}"


def test_a_copy_is_a_sentence():
    copied = copy.deepcopy(HOST)
    assert (copied.template, copied.values) == (HOST.template, HOST.values)
