"""Layouts: each with the column names that its source really has."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from whimsight.errors import PairsError
from whimsight.pairs import Pairs, read
from whimsight.pairs.layouts import LAYOUTS


def chosen_of(pairs: Pairs) -> list[str]:
    """Return the preferred response of every row, whichever side it is on."""
    frame = pairs.frame
    return [
        a if p == 1 else b
        for a, b, p in zip(frame.response_a, frame.response_b, frame.preference, strict=True)
    ]


def rejected_of(pairs: Pairs) -> list[str]:
    frame = pairs.frame
    return [
        b if p == 1 else a
        for a, b, p in zip(frame.response_a, frame.response_b, frame.preference, strict=True)
    ]


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def bot(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


# --- A and B with a label -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "prompt", "label"),
    [
        ("response_a", "response_b", "prompt", "preference"),
        ("response_A", "response_B", "prompt", "label"),  # WIMHF
        ("answer_a", "answer_b", "question", "winner"),
        ("output_1", "output_2", "instruction", "preference"),
        ("text_a", "text_b", "input", "preferred_text"),
        ("response1", "response2", "context", "choice"),
    ],
)
def test_an_a_b_table_is_recognised_under_its_usual_names(a: str, b: str, prompt: str, label: str) -> None:
    pairs = read(pd.DataFrame({prompt: ["p", "q"], a: ["x", "y"], b: ["y", "z"], label: ["A", "B"]}))
    assert pairs.report.layout == "A/B"
    assert pairs.frame[["prompt", "response_a", "response_b"]].to_numpy().tolist() == [
        ["p", "x", "y"],
        ["q", "y", "z"],
    ]
    assert pairs.preference.tolist() == [1.0, 0.0]
    assert pairs.report.side_seed is None


def test_other_columns_are_kept_and_known_ones_get_their_names() -> None:
    row = {"prompt": "p", "response_A": "x", "response_B": "y", "label": 1, "annotator_id": "u",
           "model_A": "m", "model_B": "n", "topic": "law", "scores": [1, 2]}  # fmt: skip
    frame = read([row, {**row, "prompt": "q", "label": 0}]).frame
    assert frame[["annotator", "model_a", "model_b", "topic"]].iloc[0].tolist() == ["u", "m", "n", "law"]
    assert frame["scores"].iloc[0] == [1, 2]


def test_without_labels_the_pairs_are_unlabelled_and_the_report_says_so() -> None:
    pairs = read([{"prompt": "p", "response_a": "x", "response_b": "y"}])
    assert not pairs.labelled
    assert any("no label column" in note for note in pairs.report.notes)


def test_without_prompts_every_distinct_pair_is_a_prompt_of_its_own() -> None:
    rows = [("x", "y"), ("y", "x"), ("x", "z")]
    pairs = read([{"response_a": a, "response_b": b, "label": i % 2} for i, (a, b) in enumerate(rows)])
    assert pairs.prompt_codes.tolist() == [0, 0, 1]
    assert any("no prompts" in note for note in pairs.report.notes)


def test_a_label_may_name_the_winning_model() -> None:
    rows = [{"prompt": str(i), "response_a": "x", "response_b": "y", "model_a": "gpt", "model_b": "llama",
             "winner": w} for i, w in enumerate(["gpt", "llama", "tie"])]  # fmt: skip
    assert read(rows).preference.tolist() == [1.0, 0.0, 0.5]


def test_the_kaggle_arena_has_one_column_for_each_outcome_and_turns_as_json() -> None:
    frame = pd.DataFrame(
        {
            "prompt": ['["Hi","And?"]', '["Bye"]', '["Yo"]'],
            "response_a": ['["Hello","So"]', '["Ciao"]', '["1"]'],
            "response_b": ['["What",null]', '["Tschau"]', '["2"]'],
            "winner_model_a": [1, 0, 0],
            "winner_model_b": [0, 1, 0],
            "winner_tie": [0, 0, 1],
        }
    )
    pairs = read(frame)
    assert pairs.preference.tolist() == [1.0, 0.0, 0.5]
    assert pairs.frame["prompt"].tolist() == ["Hi\n\nAnd?", "Bye", "Yo"]
    assert pairs.frame["response_b"].iloc[0] == "What"


def test_helpsteers_signed_scale_is_read_from_a_to_b() -> None:
    rows = [{"context": [user(f"q{i}")], "response1": "x", "response2": "y", "overall_preference": v}
            for i, v in enumerate([-3, 2, 0])]  # fmt: skip
    pairs = read(rows)
    assert pairs.preference.tolist() == [1.0, 0.0, 0.5]
    assert pairs.frame["prompt"].tolist() == ["q0", "q1", "q2"]


def test_shp_label_one_is_a() -> None:
    rows = [{"post_id": "t", "domain": "askculinary_train", "history": f"h{i}", "human_ref_A": "x",
             "human_ref_B": "y", "labels": i, "score_A": 9, "score_B": 2} for i in (0, 1)]  # fmt: skip
    pairs = read(rows)
    assert pairs.report.layout == "shp"
    assert pairs.preference.tolist() == [0.0, 1.0]
    assert pairs.frame["prompt"].tolist() == ["h0", "h1"]
    assert pairs.frame["score_a"].tolist() == [9, 9]


@pytest.mark.parametrize(("named", "expected"), [(None, [1.0, 0.0]), ("safer_response_id", [0.0, 0.0])])
def test_pku_ids_count_the_responses_from_zero(named: str | None, expected: list[float]) -> None:
    rows = [{"prompt": f"p{i}", "response_0": "x", "response_1": "y", "is_response_0_safe": True,
             "better_response_id": i, "safer_response_id": 1} for i in (0, 1)]  # fmt: skip
    pairs = read(rows, preference=named)
    assert pairs.report.layout == "pku-saferlhf"
    assert pairs.preference.tolist() == expected


# --- chosen and rejected ------------------------------------------------------------------------


def test_chosen_texts_are_shuffled_to_both_sides_and_can_be_turned_back() -> None:
    rows = [{"prompt": f"p{i}", "chosen": f"good {i}", "rejected": f"bad {i}", "score_a": i, "score_b": -i}
            for i in range(400)]  # fmt: skip
    pairs = read(rows, seed=5)
    frame = pairs.frame
    assert pairs.report.layout == "chosen/rejected"
    assert chosen_of(pairs) == [r["chosen"] for r in rows]
    assert 0.4 < pairs.preference.mean() < 0.6
    assert pairs.report.side_seed == 5
    swapped = frame["swapped"].to_numpy(dtype=bool)
    assert np.where(swapped, frame["response_b"], frame["response_a"]).tolist() == [r["chosen"] for r in rows]
    assert np.where(swapped, frame["score_b"], frame["score_a"]).tolist() == list(range(400))
    assert read(rows, seed=5).fingerprint == pairs.fingerprint
    assert read(rows, seed=6).fingerprint != pairs.fingerprint


def test_message_lists_that_share_the_prompt_are_split_there() -> None:
    row = {"prompt": "Hi", "chosen": [user("Hi"), bot("Hello")], "rejected": [user("Hi"), bot("What")]}
    pairs = read([row, {**row, "chosen": [user("Hi"), bot("Welcome")]}])
    assert pairs.report.layout == "chosen/rejected messages"
    assert pairs.frame["prompt"].tolist() == ["Hi", "Hi"]
    assert (chosen_of(pairs), rejected_of(pairs)) == (["Hello", "Welcome"], ["What", "What"])


def test_trl_keeps_the_prompt_in_messages_of_its_own() -> None:
    row = {
        "prompt": [user("Hi"), bot("Hello"), user("More")],
        "chosen": [bot("Sure")],
        "rejected": [bot("No")],
    }
    pairs = read([row])
    assert pairs.frame["prompt"].tolist() == ["Human: Hi\n\nAssistant: Hello\n\nHuman: More"]
    assert (chosen_of(pairs), rejected_of(pairs)) == (["Sure"], ["No"])


def test_message_lists_may_be_json_strings_or_use_from_and_value() -> None:
    said = [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]
    other = [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "What"}]
    pairs = read([{"chosen": json.dumps(said), "rejected": json.dumps(other)}])
    assert pairs.frame["prompt"].tolist() == ["Hi"]
    assert chosen_of(pairs) == ["Hello"]


HH = "\n\nHuman: Hi\n\nAssistant: Hello\n\nHuman: Joke?\n\nAssistant: "


def test_hh_transcripts_are_split_at_the_last_answer() -> None:
    pairs = read([{"chosen": HH + "Knock knock.", "rejected": HH + "No."}])
    assert pairs.report.layout == "hh-rlhf transcripts"
    assert pairs.frame["prompt"].tolist() == ["Human: Hi\n\nAssistant: Hello\n\nHuman: Joke?"]
    assert (chosen_of(pairs), rejected_of(pairs)) == (["Knock knock."], ["No."])


def test_transcripts_that_part_earlier_keep_all_that_differs_and_are_counted() -> None:
    pairs = read(
        [
            {
                "chosen": HH + "A.",
                "rejected": "\n\nHuman: Hi\n\nAssistant: Go away\n\nHuman: Why?\n\nAssistant: B.",
            }
        ]
    )
    assert pairs.frame["prompt"].tolist() == ["Hi"]
    assert rejected_of(pairs) == ["Go away\n\nHuman: Why?\n\nAssistant: B."]
    assert any(note.startswith("parted before the last answer: 1 pair,") for note in pairs.report.notes)


# --- arenas -------------------------------------------------------------------------------------


def arena_row(i: int, winner: str) -> dict[str, object]:
    return {"question_id": f"q{i}", "model_a": "gpt", "model_b": "llama", "winner": winner,
            "judge": f"judge_{i}", "conversation_a": [user(f"p{i}"), bot("x")],
            "conversation_b": [user(f"p{i}"), bot("y")], "turn": 1, "language": "English"}  # fmt: skip


def test_lmarena_votes_keep_models_and_judge() -> None:
    winners = ["model_a", "model_b", "tie", "tie (bothbad)"]
    pairs = read([arena_row(i, w) for i, w in enumerate(winners)])
    assert pairs.report.layout == "arena"
    assert pairs.preference.tolist() == [1.0, 0.0, 0.5, 0.5]
    assert pairs.frame["prompt"].tolist() == ["p0", "p1", "p2", "p3"]
    assert pairs.frame[["annotator", "model_a", "model_b"]].iloc[1].tolist() == ["judge_1", "gpt", "llama"]


def test_newer_arena_files_hold_contents_in_parts() -> None:
    def parts(role: str, text: str) -> dict[str, object]:
        return {"role": role, "content": [{"type": "text", "text": text, "image": None}]}

    row = {**arena_row(0, "both_bad"), "conversation_a": [parts("user", "p"), parts("assistant", "x")],
           "conversation_b": [parts("user", "p"), parts("assistant", "y")]}  # fmt: skip
    pairs = read([row, {**row, "winner": "model_a", "judge": "v"}])
    assert pairs.frame["response_b"].tolist() == ["y", "y"]
    assert pairs.preference.tolist() == [0.5, 1.0]


def test_a_conversation_of_several_turns_is_compared_as_a_whole() -> None:
    row = {**arena_row(0, "model_a"),
           "conversation_a": [user("p"), bot("x1"), user("q"), bot("x2")],
           "conversation_b": [user("p"), bot("y1"), user("q"), bot("y2")]}  # fmt: skip
    frame = read([row]).frame
    assert frame["prompt"].iloc[0] == "p\n\n[Follow-up]\nq"
    assert frame["response_b"].iloc[0] == "y1\n\n[Answer to the follow-up]\ny2"


def test_comparia_votes_name_the_chosen_model() -> None:
    votes = [("gpt", False), ("llama", False), (None, True), (None, False)]
    rows = [{"conversation_pair_id": f"c{i}", "visitor_id": "v", "model_a_name": "gpt",
             "model_b_name": "llama", "chosen_model_name": name, "both_equal": equal,
             "opening_msg": f"p{i}", "conv_useful_a": True,
             "conversation_a": [user(f"p{i}"), bot("x")], "conversation_b": [user(f"p{i}"), bot("y")]}
            for i, (name, equal) in enumerate(votes)]  # fmt: skip
    pairs = read(rows)
    assert pairs.report.layout == "compar:ia"
    np.testing.assert_array_equal(pairs.preference, [1.0, 0.0, 0.5, np.nan])
    assert pairs.frame[["model_a", "annotator"]].iloc[0].tolist() == ["gpt", "v"]
    assert pairs.frame["conv_useful_a"].all()


# --- several responses --------------------------------------------------------------------------


def prism_rows() -> list[dict[str, object]]:
    turns = [("int0", "u1", [90, 40, 40]), ("int1", "u2", [10, 20])]
    return [
        {"utterance_id": f"{turn}-{i}", "interaction_id": turn, "conversation_id": f"c{turn}",
         "user_id": person,
         "turn": 0, "within_turn_id": i, "user_prompt": f"p {turn}",
         "model_response": f"{turn} says {i}",
         "model_name": f"m{i}", "score": score, "if_chosen": i == 0}
        for turn, person, scores in turns for i, score in enumerate(scores)
    ]  # fmt: skip


def test_prism_turns_become_pairs_that_weigh_one_together() -> None:
    pairs = read(prism_rows())
    assert pairs.report.layout == "prism"
    assert len(pairs) == 3 + 1
    assert pairs.frame.groupby("prompt")["weight"].sum().tolist() == pytest.approx([1.0, 1.0])
    by_pair = {
        (r.response_a[-1], r.response_b[-1], r.annotator): r.preference for r in pairs.frame.itertuples()
    }
    assert by_pair == {
        ("0", "1", "u1"): 1.0,
        ("0", "2", "u1"): 1.0,
        ("1", "2", "u1"): 0.5,
        ("0", "1", "u2"): 0.0,
    }
    assert pairs.frame["model_b"].tolist() == ["m1", "m2", "m2", "m1"]
    assert sorted(set(pairs.frame["conversation"])) == ["cint0", "cint1"]
    assert pairs.frame["id"].is_unique


def test_community_alignment_compares_the_chosen_response_with_each_other_one() -> None:
    row = {"conversation_id": "c", "annotator_id": "u", "assigned_lang": "fr",
           "first_turn_prompt": "p",
           **{f"first_turn_response_{s}": f"says {s}" for s in "abcd"},
           "first_turn_preferred_response": "response_c", "first_turn_feedback": "clear",
           "second_turn_prompt": "q", "second_turn_preferred_response": "response_a",
           "annotator_country": "france"}  # fmt: skip
    bad = {**row, "first_turn_preferred_response": None, "first_turn_prompt": "r"}
    pairs = read([row, bad])
    assert pairs.report.layout == "community alignment"
    assert chosen_of(pairs) == ["says c"] * 3
    assert sorted(rejected_of(pairs)) == ["says a", "says b", "says d"]
    assert set(pairs.preference) == {
        0.0,
        1.0,
    }  # the order a, b, c, d is kept, so the chosen one is on both sides
    assert pairs.weight.sum() == pytest.approx(1.0)
    assert pairs.frame[["annotator", "reason", "annotator_country"]].iloc[0].tolist() == [
        "u",
        "clear",
        "france",
    ]
    assert pairs.report.dropped == {"no known choice among the responses": 1}
    assert any("2 choices in later turns" in note for note in pairs.report.notes)


def test_ultrafeedback_completions_are_compared_by_score() -> None:
    scores = {"m": 8.5, "n": 3.0, "o": 8.5}
    row = {"instruction": "p", "completions": [{"model": m, "response": f"{m} says", "overall_score": s}
                                               for m, s in scores.items()]}  # fmt: skip
    pairs = read([row])
    assert pairs.preference.tolist() == [1.0, 0.5, 0.0]
    assert pairs.weight.tolist() == pytest.approx([1 / 3] * 3)
    assert pairs.frame["model_a"].tolist() == ["m", "m", "n"]


def test_a_prompt_weighs_one_also_when_some_of_its_pairs_are_left_out() -> None:
    rows = [{"prompt": "p", "responses": ["says a", "", "says c", "says d", "says d"], "scores": [3, 0, 1, 2, 2]},
            {"prompt": "q", "responses": ["says a", "says b"], "scores": [1, 2]}]  # fmt: skip
    pairs = read(rows)
    assert pairs.frame["prompt"].value_counts().to_dict() == {"p": 3, "q": 1}
    assert pairs.frame.groupby("prompt")["weight"].sum().tolist() == pytest.approx([1.0, 1.0])
    assert pairs.report.dropped == {
        "empty response": 4,
        "pair of identical responses": 1,
        "duplicate of an earlier row": 2,
    }


def test_responses_without_scores_are_pairs_without_labels() -> None:
    pairs = read([{"prompt": "p", "responses": ["says a", "says b", "says c"]}])
    assert len(pairs) == 3
    assert not pairs.labelled
    assert any("no scores" in note for note in pairs.report.notes)


def test_a_ranking_puts_the_smallest_number_first() -> None:
    pairs = read([{"prompt": "p", "responses": ["x", "y"], "ranking": [2, 1]},
                  {"prompt": "q", "responses": ["x", "y"], "ranking": [1]}])  # fmt: skip
    assert pairs.preference.tolist() == [0.0]
    assert pairs.report.dropped == {"responses and scores do not match": 1}


# --- annotated pairs ----------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_annotated_pairs_of_both_versions_are_read(version: str, tmp_path) -> None:
    first, second = ("text_a", "text_b") if version == "1.0" else ("a", "b")
    comparisons = [
        {
            "id": f"i{i}",
            "prompt": f"p{i}",
            **({"text_a": "x", "text_b": "y"} if version == "1.0"
               else {"response_a": {"text": "x", "model": "m"}, "response_b": {"text": "y", "model": "n"}}),
            "annotations": {"d": {"pref": pref}, "h": {"pref": second}, "r": {"pref": first}},
            "metadata": {"index": str(i)},
        }
        for i, pref in enumerate([first, second, None])
    ]  # fmt: skip
    value = {
        "metadata": {"version": version, "default_annotator": "d"},
        "annotators": {"d": {"name": "preferred_text", "type": "unknown"},
                       "h": {"name": "anna", "type": "human"},
                       "r": {"description": "is shorter", "type": "principle"}},
        "comparisons": comparisons,
    }  # fmt: skip
    path = tmp_path / "annotated_pairs.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    pairs = read(path)
    assert pairs.report.layout == "annotated pairs"
    np.testing.assert_array_equal(pairs.preference, [1.0, 0.0, np.nan])
    assert pairs.frame["anna"].tolist() == [second] * 3
    assert pairs.frame["index"].tolist() == ["0", "1", "2"]
    assert ("model_a" in pairs.frame) == (version == "2.0")


# --- naming things by hand ----------------------------------------------------------------------


def test_columns_can_be_named_by_hand() -> None:
    rows = [
        {"q": "p", "x": "yes", "y": "no", "best": "A", "who": "u"},
        {"q": "r", "x": "1", "y": "2", "best": "B"},
    ]
    pairs = read(rows, prompt="q", response_a="x", response_b="y", preference="best", annotator="who")
    assert pairs.report.layout == "columns named by hand"
    assert pairs.preference.tolist() == [1.0, 0.0]
    assert pairs.frame["annotator"].iloc[0] == "u"


def test_one_column_by_hand_corrects_a_recognised_layout() -> None:
    rows = [{"prompt": "p", "response_a": "x", "response_b": "y", "label": 1, "safer": "B", "rater": "u"}]
    pairs = read(rows, preference="safer", annotator="rater")
    assert pairs.preference.tolist() == [0.0]
    assert pairs.frame["annotator"].tolist() == ["u"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prompt": "promt"}, r"No column 'promt' \(given as prompt\).*Did you mean 'prompt'"),
        ({"layout": "a/b"}, r"No layout 'a/b'"),
        ({"layout": "prism"}, r"does not have the layout 'prism'"),
        ({"response_a": "response_a"}, r"response_b is not; name both"),
        ({"missing": "drop"}, r"'unlabelled' or 'tie'"),
    ],
)
def test_a_wrong_option_is_explained(options: dict[str, str], message: str) -> None:
    with pytest.raises(PairsError, match=message):
        read([{"prompt": "p", "response_a": "x", "response_b": "y", "label": 1}], **options)


def test_an_unknown_keyword_suggests_the_right_one() -> None:
    with pytest.raises(TypeError, match=r"no keyword 'promt'.*Did you mean 'prompt'"):
        read([{"a": 1}], promt="q")


def test_an_unknown_table_lists_the_layouts_and_how_to_name_columns() -> None:
    with pytest.raises(PairsError, match="first_answer") as error:
        read([{"first_answer": "x", "other_answer": "y"}])
    assert all(layout.name in str(error.value) for layout in LAYOUTS)
