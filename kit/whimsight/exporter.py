"""An exporter for ``jupyter nbconvert --to whimsight``, and for JupyterLab's menu: pages in which widgets live."""

from __future__ import annotations

from typing import Any

from nbconvert.exporters import HTMLExporter
from traitlets.config import Config

__all__ = ["WhimsightExporter"]


class WhimsightExporter(HTMLExporter):
    """HTML in which Whimsight's widgets live without Python and without a network.

    nbconvert's own HTML prefers the state of a widget, where a notebook holds one, and then asks the network for
    the code to show it. Here the page that each widget leaves in the notebook comes first, and when nbconvert runs
    the notebook no state is kept: it would hold the authors of labels, too.

    Examples
    --------
    ``jupyter nbconvert --execute --to whimsight notebook.ipynb``
    """

    export_from_notebook = "HTML with living widgets"

    @property
    def default_config(self) -> Any:
        """Settings that a person's own go before."""
        ours = Config(
            {
                "NbConvertBase": {
                    "display_data_priority": [
                        "text/html",
                        "application/pdf",
                        "text/latex",
                        "image/svg+xml",
                        "image/png",
                        "image/jpeg",
                        "text/markdown",
                        "text/plain",
                    ]
                },
                "ExecutePreprocessor": {"store_widget_state": False},
            }
        )
        config = Config(super().default_config)
        config.merge(ours)
        return config
