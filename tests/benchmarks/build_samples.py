"""Rebuild the shipped samples from the full public sets.

Run ``python -m tests.benchmarks.build_samples DATA``, where DATA holds a folder for each set with its
``pairs.jsonl.gz``. The licence texts beside the samples are kept by hand.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from whimsight.pairs import Pairs, read
from whimsight.pairs.parquet import pairs_to_bytes

OUT = Path(__file__).parents[2] / "kit" / "whimsight" / "samples"
LARGEST = 4_000_000  # bytes, all samples together
VOTES = 30  # an annotator of the convincing arguments is kept from so many votes on


@dataclass(frozen=True)
class Sample:
    """Where a sample comes from, and what it leaves out."""

    name: str
    folder: str
    title: str
    licence: str
    attribution: str
    note: str
    leave_out: tuple[str, ...] = ("swapped",)


SAMPLES = (
    Sample(
        "mt-bench",
        "mt_bench_human",
        "Expert votes on the answers of six language models to 160 prompts (MT-Bench)",
        "CC-BY-4.0 (votes), Apache-2.0 (answers)",
        "Zheng et al., Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena, NeurIPS 2023; "
        "lmsys/mt_bench_human_judgments (votes) and lm-sys/FastChat (answers)",
        "gpt4_label holds GPT-4's verdict on the same pair (1 A, 0 B, 0.5 tie)",
    ),
    Sample(
        "hh-harmless",
        "hh_harmless_test",
        "Crowd workers choose between two replies to provocative prompts (HH-RLHF, harmless, test)",
        "MIT",
        "Bai et al., Training a Helpful and Harmless Assistant with RLHF, 2022; anthropics/hh-rlhf",
        "contains offensive text",
    ),
    Sample(
        "creative-writing",
        "lamp_writing",
        "Professional writers rank three versions of a paragraph (LAMP)",
        "BSD-3-Clause",
        "Chakrabarty et al., Can AI writing be salvaged?, CHI 2025; salesforce/creativity_eval",
        "the three pairs of a ranking are not independent",
    ),
    Sample(
        "convincing-arguments",
        "ukp_convincing_args",
        "Crowd workers say which of two arguments convinces more, and why (UKPConvArg1)",
        "CC-BY-4.0",
        "Habernal and Gurevych, Which argument is more convincing?, ACL 2016; "
        "UKPLab/acl2016-convincing-arguments",
        f"a part: the votes of everyone with {VOTES} votes or more, each with its written reason",
        ("swapped", "strict_gold_label", "id"),
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path, help="a folder with one folder a set")
    data: Path = parser.parse_args().data
    catalogue = {}
    for sample in SAMPLES:
        pairs = build(sample, data)
        path = OUT / f"{sample.name}.parquet"
        path.write_bytes(pairs_to_bytes(pairs, level=19))
        catalogue[sample.name] = {
            "title": sample.title,
            "rows": len(pairs),
            "pairs": int(pairs.unique_pairs()[0].size),
            "prompts": int(pairs.frame["prompt"].nunique()),
            "annotators": int(pairs.frame["annotator"].nunique()) if "annotator" in pairs.frame else 0,
            "licence": sample.licence,
            "attribution": sample.attribution,
            "note": sample.note,
        }
        print(pairs, f"{path.stat().st_size:,} bytes", pairs.report, sep="\n")
    text = json.dumps(catalogue, indent=1, ensure_ascii=False)
    (OUT / "catalogue.json").write_text(text + "\n", encoding="utf-8")
    total = sum(path.stat().st_size for path in OUT.iterdir())
    print(f"{total:,} bytes together")
    if total > LARGEST:
        raise SystemExit(f"The samples are larger than {LARGEST:,} bytes together; leave something out.")


def build(sample: Sample, data: Path) -> Pairs:
    """Read a full set and keep what its sample keeps; an empty label is a tie in these files."""
    rows = pd.read_json(data / sample.folder / "pairs.jsonl.gz", lines=True)
    rows = rows.drop(columns=[c for c in sample.leave_out if c in rows])
    if sample.name == "convincing-arguments":
        counts = rows["annotator_id"].value_counts()
        rows = rows[rows["annotator_id"].isin(counts.index[counts >= VOTES])]
    return read(rows, missing="tie", name=sample.name)


if __name__ == "__main__":
    main()
