"""How pairs, studies, comparisons and names are told in a terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import typer

from whimsight.cli.terminal import fitted, print_prose, shown

if TYPE_CHECKING:
    import pandas as pd

    from whimsight.comparisons import Comparison
    from whimsight.pairs import Pairs
    from whimsight.studies import Study

__all__ = ["names_text", "print_comparison", "print_first_pair", "print_pairs", "print_study"]


def print_pairs(pairs: Pairs) -> None:
    """Print how pairs were read and what was left out."""
    typer.echo(f"{pairs!r}\n{pairs.report}")


def print_first_pair(pairs: Pairs) -> None:
    """Print the first pair, its texts cut."""
    first = pairs.frame.iloc[0]
    choice = {1.0: "A", 0.0: "B", 0.5: "tie"}.get(first["preference"], str(first["preference"]))
    lines = [
        f"{column.replace('_', ' ')}\n{textwrap.indent(shown(str(first[column])), '    ')}"
        for column in (*(["prompt"] if pairs.has_prompts else []), "response_a", "response_b")
    ]
    lines.append(f"preference\n    {'unlabelled' if choice == 'nan' else choice}")
    typer.echo("\nThe first pair\n" + textwrap.indent("\n".join(lines), "  "))


def print_study(made: Study) -> None:
    """Print the features and how well they predict the choice."""
    typer.echo(f"\n{made!r}\n")
    print_prose(
        "Features, in the order of what is sure of their effect (the end of the interval nearer to 0).\n"
        "delta_win: how much more often the response with more of it was chosen than the other, in percentage points\n"
        "(95 % interval); beta: log odds for one standard deviation, with its q (false-discovery rate)\n"
    )
    typer.echo(_features_text(made.features))
    if len(made.prediction):
        typer.echo("\nHeld-out prediction of the choice\n")
        typer.echo(fitted(_prediction_table(made.prediction), drop=["captured"]))


def print_comparison(made: Comparison) -> None:
    """Print where datasets contradict each other, or else where they differ the most."""
    import pandas as pd

    typer.echo(f"\n{made!r}\n")
    conflicts, features = made.conflicts, made.features
    if not conflicts.empty:
        print_prose(
            "Conflicts: rewarded in one, penalised in the other (difference of delta_win in percentage points, 95 %\n"
            "interval; q: false-discovery rate)\n"
        )
        typer.echo(_conflicts_text(conflicts))
        return
    typer.echo("No feature is rewarded in one of them and penalised in another, beyond chance.")
    differ = features[features["q"] <= 0.05].sort_values("q").index[:12]
    if len(differ):
        typer.echo("\nThe same way, but not as much (delta_win in percentage points):\n")
        table = pd.DataFrame({"name": features.loc[differ, "name"].str.slice(0, 48)})
        for name in made.datasets:
            table[name] = (100 * made.table.loc[name].loc[differ, "delta_win"]).round(1)
        typer.echo(fitted(table, index=False))


def names_text(found: pd.DataFrame) -> str:
    """Write the names that a model proposed as a table: which fit, and how well on pairs held out."""
    import pandas as pd

    if found.empty:
        return "No feature got a name."
    text = pd.DataFrame(
        {
            "name": found["name"].map(shown),
            "fits": ["yes" if kept else "" for kept in found["kept"]],
            "fidelity": [
                f"{r:.2f} ({low:.2f} to {high:.2f})" if low == low else "-"
                for r, low, high in zip(
                    found["fidelity"], found["fidelity_low"], found["fidelity_high"], strict=True
                )
            ],
            "pairs": found["n"],
        },
        index=found.index,
    )
    return fitted(text, drop=["pairs"])


def _conflicts_text(conflicts: pd.DataFrame, top: int = 24) -> str:
    import pandas as pd

    table = conflicts.head(top)
    text = pd.DataFrame(
        {
            "name": table["name"].str.slice(0, 48),
            "for": table["for"],
            "against": table["against"],
            "difference": [
                f"{100 * d:.0f} ({100 * low:.0f} to {100 * high:.0f})"
                for d, low, high in zip(
                    table["difference"], table["difference_low"], table["difference_high"], strict=True
                )
            ],
            "q": [_q(q) for q in table["q"]],
        }
    )
    rest = len(conflicts) - len(table)
    more = f"\n... and {rest} more in comparison.conflicts" if rest > 0 else ""
    return fitted(text, drop=["q"], index=False) + more


def _features_text(features: pd.DataFrame, top: int = 24) -> str:
    import pandas as pd

    table = features.loc[_telling(features).sort_values(ascending=False, kind="stable").index].head(top)
    text = pd.DataFrame(
        {
            "name": table["name"].str.slice(0, 48),
            "prevalence": (100 * table["prevalence"]).map("{:.0f}%".format),
            "delta_win": [
                f"{100 * d:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})" if d == d else "-"
                for d, low, high in zip(
                    table["delta_win"], table["delta_win_low"], table["delta_win_high"], strict=True
                )
            ],
            "beta": ["-" if b != b else f"{b:+.2f}" for b in table["beta"]],
            "q": ["-" if q != q else _q(q) for q in table["q"]],
            **{
                column: [
                    "" if kind == "measured" else "-" if v != v else f"{v:.2f}"
                    for kind, v in zip(table["kind"], table[column], strict=True)
                ]
                for column in ("fidelity", "stability")
            },
        },
        index=table.index,
    )
    rest = len(features) - len(table)
    more = f"\n... and {rest} more in study.features" if rest > 0 else ""
    return fitted(text, drop=["stability", "fidelity", "beta", "prevalence", "q"]) + more


def _prediction_table(prediction: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        {
            column: [
                f"{value:.3f} ({low:.3f} to {high:.3f})" if value == value else "-"
                for value, low, high in zip(
                    prediction[column], prediction[f"{column}_low"], prediction[f"{column}_high"], strict=True
                )
            ]
            for column in ("auc", "captured")
        },
        index=prediction.index,
    )


def _telling(features: pd.DataFrame) -> pd.Series[float]:
    """What can be said for sure: the end of the interval that is nearer to 0, or 0 if it spans it."""
    from whimsight.studies.charts import telling

    return telling(features) if features["delta_win"].notna().any() else features["prevalence"]


def _q(q: float) -> str:
    return "<.001" if q < 0.001 else f"{q:.3f}"
