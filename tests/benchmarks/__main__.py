"""``python -m tests.benchmarks``: every benchmark, one table each; ratios are measured within one run."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
from pathlib import Path

BENCHMARKS = (
    "autoencoder",
    "study",
    "embedding",
    "attributes",
    "names",
    "naming",
    "effects",
    "planted",
    "signal",
    "labeler",
    "compare",
    "mixer",
    "people",
    "gain",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="NAME", help=f"some of: {', '.join(BENCHMARKS)}")
    parser.add_argument("--reference", type=Path, help="a checkout of github rmovva/wimhf, to compare with")
    parser.add_argument(
        "--data", type=Path, help="a folder of wider datasets, one folder each with pairs.jsonl.gz"
    )
    parser.add_argument("--quick", action="store_true", help="smaller sizes, to see that everything runs")
    options = parser.parse_args()
    unknown = set(options.only) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    )
    for name in options.only or BENCHMARKS:
        module = importlib.import_module(f"tests.benchmarks.bench_{name}")
        print(f"\n## {name}\n")
        module.main(reference=options.reference, data=options.data, quick=options.quick)


if __name__ == "__main__":
    main()
