"""What all widgets share: their work, their pages, and requests that are answered."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import anywidget
import traitlets

from whimsight._suggest import nearest
from whimsight.errors import LabelsError, StudyError, WhimsightError
from whimsight.studies._report.words import without_paths
from whimsight.studies.charts import surest
from whimsight.studies.page import LABELER, built, sandboxed_iframe, widget_page
from whimsight.studies.snapshot import clean, labels_dict, snapshot
from whimsight.widgets.answers import Answers

if TYPE_CHECKING:
    import pandas as pd

    from whimsight.studies._study import Study

__all__ = ["Checked", "FeatureView", "Undoing", "View"]

# With module, style and labels the first message stays under 2 MB.
_SNAPSHOT_BYTES = 1_700_000
_FALLBACK_BYTES = 1_000_000
_PAGE_BYTES, _PAGE_SNAPSHOT_BYTES = 5_000_000, 4_500_000
_HEIGHT = 720

_open: WeakSet[View] = WeakSet()


class _Labels(traitlets.Any):
    """A table that is up to date whenever it is looked at, and sent as ``Record<FeatureId, Label>``."""

    def get(self, obj: Any, cls: Any = None) -> Any:
        obj.refresh()
        return super().get(obj, cls)


class Checked(traitlets.Any):
    """A value that the view itself reads and checks, by its method ``read``; sent as a list."""

    def __init__(self, read: str, **metadata: Any) -> None:
        super().__init__(**metadata)
        self._read = read
        self.allow_none = False
        self.tag(sync=True, to_json=lambda value, _: list(value))

    def validate(self, obj: Any, value: Any) -> Any:
        """Return the value as it is kept."""
        return getattr(obj, self._read)(value)


class View(anywidget.AnyWidget):
    """Features looked at through one front-end module, with people's work on them and requests that are answered.

    A kind of view says which module shows it, how its picture is made, and what else the page needs to know.
    """

    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)
    snapshot = traitlets.Dict(read_only=True).tag(sync=True)
    labels = _Labels(read_only=True).tag(sync=True, to_json=lambda _, view: view._labels_sent())
    work = traitlets.Dict(read_only=True).tag(sync=True)
    selected = traitlets.Unicode().tag(sync=True)
    height = traitlets.Int(None, allow_none=True, min=200, help="In pixels.").tag(sync=True)

    _module = LABELER
    _free: tuple[str, ...] = ("selected",)
    """Traits that the front end may set, to what their validation accepts."""

    def __init__(self, answers: Answers, *, names_only: bool, height: int | None) -> None:
        self._answers = answers
        self._names_only = names_only
        self._seen: tuple[Any, ...] | None = None
        self._refreshing = False
        self._esm, self._css = built(f"{self._module}.js"), built(f"{self._module}.css")
        self.set_trait("snapshot", self._picture(_SNAPSHOT_BYTES, names_only=names_only))
        self.refresh()
        self._open_with()
        super().__init__(height=height)
        self.on_msg(self._on_request)
        _open.add(self)
        _follow_cells()

    def _picture(self, max_bytes: int, *, names_only: bool) -> dict[str, Any]:
        """Return the snapshot."""
        raise NotImplementedError

    def _open_with(self) -> None:
        """Choose what is shown first."""
        raise NotImplementedError

    def _name(self) -> str:
        """Return what is looked at."""
        return self.study.name

    def _own_traits(self) -> dict[str, Any]:
        """Return what a page of its own holds beside snapshot, labels, work and selected."""
        return {}

    @property
    def study(self) -> Study:
        """The study that is looked at."""
        return self._answers.study

    def refresh(self) -> None:
        """Take in what other widgets, notebooks or code did to the labels; cheap when they did nothing."""
        if self._refreshing:
            return
        self._refreshing = True
        try:
            store = self._answers.store
            seen = (id(store), store.version)
            if seen != self._seen:
                table, work = store.labels, self._answers.work()
                self._seen = seen
                self.set_trait("work", work)
                self.set_trait("labels", table)
        except LabelsError:
            if self._seen is None:  # damaged or not ours: the study is shown, and an edit says what is wrong
                self._seen = ()
                self.set_trait("work", self._answers.work())
                self.set_trait("labels", _no_labels())
        finally:
            self._refreshing = False

    def to_html(self, path: str | Path, *, names_only: bool = False) -> Path:
        """Write the view as one HTML file that works offline and needs no Python.

        Parameters
        ----------
        path : str or Path
            Replaced in one step when it exists.
        names_only : bool
            Leave out every text of the dataset.

        Returns
        -------
        Path
        """
        from whimsight.files import atomic_write

        target = Path(path)
        try:
            atomic_write(target, self._page(_PAGE_BYTES, names_only=names_only).encode())
        except OSError as error:
            raise StudyError(
                f"Cannot write {target.name!r}: {error.strerror or error}. Give the path of a file in an existing "
                "folder that you may write to."
            ) from error
        return target

    def _page(self, max_bytes: int, *, names_only: bool = False) -> str:
        picture = self._picture(
            min(max_bytes, _PAGE_SNAPSHOT_BYTES), names_only=names_only or self._names_only
        )
        return widget_page(
            picture,
            labels_dict(self.study, report=True),
            title=f"{clean(without_paths(self._name()))} · Whimsight",
            max_bytes=max_bytes,
            selected=self.selected,
            module=self._module,
            traits=self._own_traits(),
        )

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take over what the front end may set, where it is something; what else it says is told what is true."""
        known = {k: v for k, v in sync_data.items() if k in self._free or k not in self._own()}
        for key in self._free:
            if key in known and not self._acceptable(key, known[key]):
                del known[key]
                self.send_state(key)
        super().set_state(known)

    def _own(self) -> set[str]:
        """Return the traits that are of this package: a page sets those of them that are free and no others."""
        theirs = anywidget.AnyWidget.class_trait_names()
        return {*self.trait_names(sync=True)} - {*theirs} | {"_esm", "_css"}

    def _acceptable(self, key: str, value: Any) -> bool:
        if key == "selected":
            return isinstance(value, str) and value in self.study.found.index
        return False

    def _on_request(self, _: Any, content: Any, buffers: Any) -> None:
        self.refresh()
        reply = self._answers.reply(content)
        if reply is not None:
            self.send(reply)

    def _labels_sent(self) -> dict[str, dict[str, Any]]:
        try:
            return labels_dict(self.study, report=not self._answers.editable)
        except LabelsError:  # the study is shown all the same
            return {}

    def _changed(self) -> None:
        """Bring every view of the same work up to date."""
        for view in list(_open):
            if view.study is self.study or view._answers.store.path == self._answers.store.path:
                view.refresh()

    @traitlets.validate("selected")
    def _check_selected(self, proposal: Any) -> str:
        known = [str(f) for f in self.study.found.index]
        feature = str(proposal["value"])
        if feature not in known:
            raise traitlets.TraitError(
                f"No feature {feature!r} in this study.{nearest(feature, known)} See study.features.index."
            )
        return feature

    def close(self) -> None:
        """Take the view from the page."""
        _open.discard(self)
        super().close()

    def __repr__(self) -> str:
        touched = len(self.labels)
        return f"<{type(self).__name__} {self._name()!r}: {touched} of {len(self.study.found)} features labelled>"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Return the live widget, and for viewers without Python the same as a page of its own."""
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        try:
            return {**data, "text/html": self._fallback()}, metadata
        except WhimsightError as error:  # the live widget shows all the same
            warnings.warn(f"Viewers without Python will not show this widget. {error}", stacklevel=2)
            return data, metadata

    def _fallback(self) -> str:
        page = self._page(_FALLBACK_BYTES)
        return sandboxed_iframe(page, title=f"Features of {self._name()}", height=self.height or _HEIGHT)


class Undoing:
    """Takes back edits from Python, in a view in which people edit."""

    _answers: Answers

    def undo(self) -> str | None:
        """Take back the author's last edit; return its feature, or None when there is none."""
        feature = self._answers.result("undo", None)["feature"]
        return None if feature is None else str(feature)

    def redo(self) -> str | None:
        """Make again what was taken back last; return its feature, or None when there is none."""
        feature = self._answers.result("redo", None)["feature"]
        return None if feature is None else str(feature)


class FeatureView(View):
    """A study's features, looked at; see `FeatureLabeler` and `FeatureReport`."""

    def __init__(self, answers: Answers, *, examples: int, names_only: bool, height: int | None) -> None:
        self._examples = examples
        super().__init__(answers, names_only=names_only, height=height)

    def _picture(self, max_bytes: int, *, names_only: bool) -> dict[str, Any]:
        return snapshot(
            self.study,
            examples=self._examples,
            names_only=names_only,
            max_bytes=max_bytes,
            reading=self._answers.reading,
        )

    def _open_with(self) -> None:
        self.selected = surest(self.study)


def _no_labels() -> pd.DataFrame:
    from whimsight.labels import LabelStore

    return LabelStore(":memory:").labels


_following = False


def _follow_cells() -> None:
    """After every cell of a notebook, let views see what its code did to the labels."""
    global _following
    if _following:
        return
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:  # pragma: no cover - ipywidgets needs IPython
        return
    shell = get_ipython()
    if shell is None:
        return
    shell.events.register("post_run_cell", _refresh_all)
    _following = True


def _refresh_all(*_: Any) -> None:
    for view in list(_open):
        view.refresh()
