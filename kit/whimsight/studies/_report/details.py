"""Feature by feature: what it is, what it does, and pairs that show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whimsight.studies._report.markup import Html, join, marked, tag
from whimsight.studies._report.words import cut, effect_sentence, feature_name, number, points

if TYPE_CHECKING:
    import pandas as pd

    from whimsight.studies._study import Study

__all__ = ["feature_details"]

_PROMPT, _RESPONSE = 360, 800


def feature_details(study: Study, feature: str, *, n_examples: int) -> Html:
    """Return one feature as an element that opens and closes.

    Parameters
    ----------
    study : Study
    feature : str
    n_examples : int
        Pairs with the largest codes to show; 0 leaves out every text of the dataset, notes of drafts too.
    """
    row: Any = study.features.loc[feature]
    kind = "measured" if row["kind"] == "measured" else "discovered"
    summary = tag(
        "summary",
        tag("span", feature_name(study, feature), dir="auto", class_="name"),
        tag("span", f"{kind} {feature}", class_=f"kind {kind}"),
        tag("span", points(row["delta_win"], 1, sign=True), class_="effect")
        if _known(row["delta_win"])
        else None,
    )
    parts: list[object] = [
        tag("p", effect_sentence(study, feature), dir="auto"),
        _definition(study, feature, n_examples),
    ]
    if n_examples:
        examples = _different(study.examples(feature, 8 * n_examples), n_examples)
        parts += [_example(feature, kind, example) for example in examples.to_dict("records")]
        if examples.empty:
            parts.append(tag("p", "No pair differs in this feature.", class_="note"))
    return tag("details", summary, tag("div", *parts, class_="inside"), id=feature)


def _definition(study: Study, feature: str, n_examples: int) -> Html:
    """Say where the feature comes from: the formula, or the draft of a name and how far it holds."""
    from whimsight.attributes import ATTRIBUTES

    row: Any = study.features.loc[feature]
    if feature in ATTRIBUTES:
        attribute = ATTRIBUTES[feature]
        return tag("p", f"Measured in {attribute.unit}: {attribute.formula}.", class_="note")
    said = [f"Discovered in the embedding; name: {row['status']}."]
    if _known(row["fidelity"]):
        held = f"Fidelity {number(row['fidelity'])}"
        if _known(row["fidelity_low"]):
            held += f" ({number(row['fidelity_low'])} to {number(row['fidelity_high'])})"
        said.append(f"{held}, judged by {row['judge']}.")
    if _known(row["stability"]):
        said.append(f"Stability {number(row['stability'])}.")
    note = study.drafts["note"].get(feature) if n_examples and "note" in study.drafts else None
    if isinstance(note, str) and note.strip():
        said.append(note.strip()[0].upper() + note.strip()[1:] + ".")
    return tag("p", " ".join(said), class_="note", dir="auto")


def _different(examples: pd.DataFrame, n: int) -> pd.DataFrame:
    """Return the first ``n`` examples, of different prompts where there are so many."""
    prompts = examples.drop_duplicates("prompt").head(n)
    return prompts if len(prompts) == n else examples.drop_duplicates(["prompt", "more", "less"]).head(n)


def _example(feature: str, kind: str, example: dict[Any, Any]) -> Html:
    spans = feature if kind == "measured" else None
    size = f"code {number(example['code'], 2)}"
    return tag(
        "article",
        tag("div", tag("h4", "Prompt"), _text(example["prompt"], _PROMPT), class_="prompt"),
        tag(
            "div",
            _response("More of it", example, "more", spans),
            _response("Less of it", example, "less", spans),
            class_="pair",
        ),
        tag(
            "p",
            f"{_verdict(example)} {size[0].upper()}{size[1:]}; the one with more was {example['more_is']}.",
            class_="note",
        ),
        class_="example",
    )


def _response(title: str, example: dict[Any, Any], side: str, feature: str | None) -> Html:
    share = example["preferred"]
    chosen = share == share and (share > 0.5 if side == "more" else share < 0.5)
    badge = tag("span", "preferred", class_="badge") if chosen else None
    return tag(
        "div",
        tag("h4", title, badge),
        _text(example[side], _RESPONSE, feature),
        class_="response chosen" if chosen else "response",
    )


def _verdict(example: dict[Any, Any]) -> str:
    share, votes = example["preferred"], int(example["votes"])
    if share != share or votes == 0:
        return "No label."
    if votes == 1:
        said = "a tie" if share == 0.5 else f"for the one with {'more' if share > 0.5 else 'less'}"
        return f"One vote, {said}."
    return f"{points(share)} % of {votes} votes for the one with more (a tie counts half)."


def _text(value: Any, limit: int, feature: str | None = None) -> Html:
    """Return a text of the dataset: escaped, cut, its spans marked, in its own direction."""
    from whimsight.attributes import spans

    whole = str(value)
    found = spans(whole[: 50 * limit], feature) if feature else []
    shown, inside, before, after = cut(whole, limit, found)
    if not whole.strip():
        return tag("p", "(empty)", class_="note")
    return tag(
        "div",
        join(_left_out(before, "before"), marked(shown, inside), _left_out(after, "more")),
        class_="text",
        dir="auto",
    )


def _left_out(count: int, word: str) -> Html | None:
    return tag("span", f" … {count:,} characters {word} … ", class_="cut") if count else None


def _known(value: Any) -> bool:
    return isinstance(value, float | int) and value == value
