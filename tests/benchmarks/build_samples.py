"""Rebuild the shipped samples from the full public sets: ``python -m tests.benchmarks.build_samples DATA``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pandas as pd

from whimsight.pairs import Pairs, read
from whimsight.pairs.parquet import pairs_to_bytes

OUT = Path(__file__).parents[2] / "kit" / "whimsight" / "samples"

ABOUT = {
    "mt-bench": {
        "folder": "mt_bench_human",
        "title": "Expert votes on answers of six language models to 160 prompts (MT-Bench)",
        "licence": "CC-BY-4.0 (votes), Apache-2.0 (answers)",
        "attribution": "Zheng et al., Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena, NeurIPS 2023; "
        "lmsys/mt_bench_human_judgments and FastChat",
        "note": "gpt4_label holds GPT-4's verdict on the same pair",
        "drop": ["question_id", "annotator_type", "swapped"],
    },
    "hh-harmless": {
        "folder": "hh_harmless_test",
        "title": "Crowd workers' choices between two replies to provocative prompts (HH-RLHF, harmless, test)",
        "licence": "MIT",
        "attribution": "Bai et al., Training a Helpful and Harmless Assistant with RLHF, 2022; anthropics/hh-rlhf",
        "note": "contains offensive text",
        "drop": ["swapped"],
    },
    "creative-writing": {
        "folder": "lamp_writing",
        "title": "Professional writers rank versions of a paragraph (LAMP)",
        "licence": "BSD-3-Clause",
        "attribution": "Chakrabarty et al., Can AI writing be salvaged?, CHI 2025; salesforce/creativity_eval",
        "note": "three pairs of a ranking are not independent",
        "drop": ["instruction_item"],
    },
    "convincing-arguments": {
        "folder": "ukp_convincing_args",
        "title": "Which argument convinces more? Votes of 185 crowd workers with 30 votes or more (UKPConvArg1)",
        "licence": "CC-BY-4.0",
        "attribution": "Habernal and Gurevych, Which argument is more convincing?, ACL 2016; "
        "UKPLab/acl2016-convincing-arguments",
        "note": "a part of the votes; the written reasons are left out",
        "drop": ["reason", "swapped", "strict_gold_label", "turk_competence"],
    },
}
"""Attribution and what each sample leaves out."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="a folder with one folder a set, each with pairs.jsonl.gz")
    data = parser.parse_args().data
    OUT.mkdir(parents=True, exist_ok=True)
    catalogue = {}
    for name, about in ABOUT.items():
        # An empty label is a tie in these files.
        pairs = read(data / about["folder"] / "pairs.jsonl.gz", missing="tie", name=name)
        frame = pairs.frame.drop(columns=[c for c in about["drop"] if c in pairs.frame])
        if name == "convincing-arguments":
            frame = frame[frame["annotator"].isin(_busy(frame))].reset_index(drop=True)
        pairs = Pairs(frame, name=name, report=pairs.report)
        if name == "convincing-arguments":
            pairs.report.notes.append(
                "then reduced to the votes of the busiest annotators, see the catalogue"
            )
        (OUT / f"{name}.parquet").write_bytes(pairs_to_bytes(pairs))
        catalogue[name] = {
            "title": about["title"],
            "rows": len(pairs),
            "pairs": int(pairs.unique_pairs()[0].size),
            "prompts": int(pairs.frame["prompt"].nunique()),
            "annotators": int(pairs.frame["annotator"].nunique()) if "annotator" in pairs.frame else 0,
            "licence": about["licence"],
            "attribution": about["attribution"],
            "note": about["note"],
        }
        print(pairs, f"{(OUT / f'{name}.parquet').stat().st_size:,} bytes", pairs.report, sep="\n")
    (OUT / "catalogue.json").write_text(
        json.dumps(catalogue, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    lines = [
        f"## {name}\n\n{about['title']}.\nLicence: {about['licence']}.\nSource: {about['attribution']}.\n"
        for name, about in ABOUT.items()
    ]
    (OUT / "ATTRIBUTION.md").write_text("# The shipped samples\n\n" + "\n".join(lines), encoding="utf-8")


def _busy(frame: pd.DataFrame, annotators: int = 185, votes: int = 30) -> list[str]:
    """Annotators with at least ``votes`` votes: the fewest votes first, so that many people fit."""
    counts = frame["annotator"].value_counts()
    return list(counts[counts >= votes].sort_values(kind="stable").index[:annotators])


if __name__ == "__main__":
    main()
