"""Charts that draw themselves: Altair's own display fetches its library from the network."""

from __future__ import annotations

from typing import Any

import altair as alt

__all__ = ["OfflineChart", "chart_svg"]


class OfflineChart(alt.LayerChart):
    """An Altair chart that a notebook shows as a picture (SVG), without network or scripts.

    All of its methods work: change it, ``save`` it.
    """

    def _repr_mimebundle_(self, *_: Any, **__: Any) -> dict[str, str]:
        return {"image/svg+xml": chart_svg(self), "text/plain": f"<chart: {self.description}>"}


def chart_svg(chart: Any) -> str:
    """Draw a chart as SVG, here and now."""
    import vl_convert

    return str(vl_convert.vegalite_to_svg(chart.to_dict()))
