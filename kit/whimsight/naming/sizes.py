"""How many bytes a judge's questions take, without writing them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from whimsight.language.estimate import size
from whimsight.naming.wording.sections import PROMPT_BEGINS, Piece, cleaned, seal, shortened

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.names import Candidate
    from whimsight.naming.dealing import Deal
    from whimsight.naming.judge import LanguageJudge

__all__ = ["Questions", "Sizes"]


class Questions(NamedTuple):
    """What a judge would be asked about some pairs.

    Attributes
    ----------
    each : int
        Calls for a pair.
    sent : ndarray
        int64 (m,): bytes of each pair's calls together.
    room : int
        Tokens that the answers about a pair may have.
    longest, longest_answer : int
        Bytes of the longest call; tokens that its answer may have.
    """

    each: int
    sent: NDArray[np.int64]
    room: int
    longest: int
    longest_answer: int


class Sizes:
    """Bytes of questions, by those of their texts; each text is measured once.

    Parameters
    ----------
    deal : Deal
    judge : LanguageJudge
    """

    def __init__(self, deal: Deal, judge: LanguageJudge) -> None:
        self.deal, self._judge = deal, judge
        self._response = _Texts(deal.responses, Piece("response-A", "", judge.characters))
        self._prompt = _Texts(judge.prompts, Piece("prompt", "", judge.prompt_characters, PROMPT_BEGINS))

    def of(self, names: Sequence[Candidate], rows: NDArray[np.int64]) -> Questions:
        """Return what it takes to judge names on rows, of which there is at least one.

        What is the same in all requests is measured in one that has a prompt, and in one that has none.
        """
        a, b, prompt = self.deal.texts(rows)
        texts = self._response.bytes(a) + self._response.bytes(b)
        prompts = self._prompt.bytes(prompt)
        sent, longest = np.zeros(rows.size, dtype=np.int64), 0
        for alike in (prompts == 0, prompts > 0):
            if not alike.any():
                continue
            one = np.flatnonzero(alike)[:1]
            requests = self._judge.requests(names, a[one], b[one], prompt[one])
            own = texts + prompts
            rest = [size(r) - int(own[one[0]]) for r in requests]
            sent[alike] = len(rest) * own[alike] + sum(rest)
            longest = max(longest, max(rest) + int(own[alike].max()))
        answers = [r.max_tokens for r in requests]
        return Questions(len(answers), sent, sum(answers), longest, max(answers))


class _Texts:
    """Bytes that texts take in a request, with what is said where one is empty or cut; 0 where there is none."""

    def __init__(self, texts: Sequence[str], piece: Piece) -> None:
        self._texts, self._piece = texts, piece
        self._known = np.full(len(texts) + 1, -1, dtype=np.int64)
        self._known[-1] = 0
        whole, empty, cut = (
            len(seal([Piece(piece.kind, text, 10)]).blocks[0].encode()) for text in ("x", "", "x" * 100)
        )
        self._empty = empty - (whole - 1)
        self._cut = cut - 10 - len("90") - (whole - 1)
        self._optional = piece.kind == "prompt"

    def bytes(self, at: NDArray[np.int64]) -> NDArray[np.int64]:
        at = np.where((at >= 0) & (at < len(self._texts)), at, len(self._texts))
        for i in np.unique(at[self._known[at] < 0]).tolist():
            self._known[i] = self._measured(self._texts[i])
        return self._known[at]

    def _measured(self, text: str) -> int:
        if not text and self._optional:
            return 0
        most = self._piece.most
        middle = max(0, len(text) - 4 * most)  # never shown, so it need not be cleaned
        if middle:
            text = text[: 2 * most] + text[-2 * most :]
        head, out, tail = shortened(cleaned(text), most, self._piece.beginning)
        shown = len((head + tail).encode("utf-8", "replace"))
        if out:
            return shown + self._cut + len(f"{out + middle:,}")
        return shown or self._empty
