"""``whimsight inspect``: how a file is read."""

from __future__ import annotations

from whimsight.cli.errors import clear_errors
from whimsight.cli.options import (
    Annotator,
    Conversation,
    HashAnnotators,
    Labels,
    Layout,
    MaxCharacters,
    Missing,
    Preference,
    Prompt,
    ResponseA,
    ResponseB,
    Seed,
    Source,
    Split,
)
from whimsight.cli.printing import print_first_pair, print_pairs
from whimsight.cli.reading import meanings, read_pairs

__all__ = ["inspect"]


def inspect(
    source: Source,
    layout: Layout = None,
    prompt: Prompt = None,
    response_a: ResponseA = None,
    response_b: ResponseB = None,
    preference: Preference = None,
    annotator: Annotator = None,
    conversation: Conversation = None,
    label: Labels = None,
    missing: Missing = "unlabelled",
    max_characters: MaxCharacters = None,
    hash_annotators: HashAnnotators = False,
    split: Split = None,
    seed: Seed = 0,
) -> None:
    """Say how a file is read: its layout, what is dropped and why, and the first pair."""
    with clear_errors():
        pairs = read_pairs(
            source,
            layout=layout,
            prompt=prompt,
            response_a=response_a,
            response_b=response_b,
            preference=preference,
            annotator=annotator,
            conversation=conversation,
            labels=meanings(label),
            missing=missing,
            max_characters=max_characters,
            hash_annotators=hash_annotators,
            split=split,
            seed=seed,
        )
        print_pairs(pairs)
        print_first_pair(pairs)
