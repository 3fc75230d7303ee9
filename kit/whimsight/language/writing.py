"""How a local model is given texts and made to write: its chat template, its next tokens, one of some values."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from whimsight.language.base import Request

if TYPE_CHECKING:
    import torch

__all__ = ["Chat", "Writer", "choose", "write"]

_SYSTEM, _USER = "WHIMSIGHTSYSTEMTEXT", "WHIMSIGHTUSERTEXT"  # stand in the template for the texts
_TRIES = 50


class Chat:
    """A tokenizer with its chat template; texts are tokenized apart from it, so that they cannot imitate its marks.

    Parameters
    ----------
    tokenizer : transformers.PreTrainedTokenizerBase
        One without a template gets the texts below each other.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        marks = sorted(
            {
                token.content
                for token in tokenizer.added_tokens_decoder.values()
                if len(token.content) > 1
                and (token.special or re.fullmatch(r"[<\[|].*[>\]|]", token.content))
            },
            key=len,
            reverse=True,
        )
        self._mark = re.compile("|".join(map(re.escape, marks))) if marks else None
        self.ends = self._ends()
        pieces = tokenizer.convert_ids_to_tokens(self._tokens("x"))
        self._spaced = bool(pieces) and str(pieces[0]).startswith("\u2581")
        self._parts = self._template()

    def prompt(self, system: str, user: str) -> list[int]:
        """Return the tokens of a conversation up to where the model speaks."""
        out: list[int] = []
        for part in self._parts:
            if part == _SYSTEM:
                out += self.plain(system)
            elif part == _USER:
                out += self.plain(user)
            else:
                out += self._after(part) if out else self._tokens(part)
        return out

    def plain(self, text: str) -> list[int]:
        """Return the tokens of a text in which nothing is a mark of the template."""
        text = text.encode("utf-8", "replace").decode("utf-8")
        out: list[int] = []
        for piece in self._cut(text):
            out += self._after(piece)
        return out

    def text(self, tokens: Sequence[int]) -> str:
        """Return what tokens say, without marks."""
        said: str = self._tokenizer.decode(
            list(tokens), skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return said

    def _tokens(self, text: str) -> list[int]:
        return (
            list(self._tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]) if text else []
        )

    def _after(self, text: str) -> list[int]:
        """Return the tokens of a text that goes on: some tokenizers put a space before whatever they are given."""
        if not self._spaced:
            return self._tokens(text)
        lead, both = self._tokens("\n"), self._tokens("\n" + text)
        return both[len(lead) :] if both[: len(lead)] == lead else self._tokens(text)

    def _cut(self, text: str) -> list[str]:
        """Cut a text behind the first character of every mark in it."""
        pieces: list[str] = []
        while self._mark is not None and (found := self._mark.search(text)):
            pieces.append(text[: found.start() + 1])
            text = text[found.start() + 1 :]
        return [*pieces, text]

    def _ends(self) -> set[int]:
        named = {self._tokenizer.eos_token_id, self._tokenizer.pad_token_id, *self._tokenizer.all_special_ids}
        added = {i for i, token in self._tokenizer.added_tokens_decoder.items() if token.special}
        return {i for i in named | added if i is not None}

    def _template(self) -> list[str]:
        """Return the template's parts around the texts' places."""
        both = [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": _USER}]
        one = [{"role": "user", "content": f"{_SYSTEM}\n\n{_USER}"}]
        for messages in (both, one):
            try:
                said = self._tokenizer.apply_chat_template(
                    messages,
                    tokenize=False,
                    add_generation_prompt=True,
                    enable_thinking=False,
                    date_string="01 Jan 2025",  # some templates write the day, which would change answers overnight
                )
            except Exception:  # no template, or one that refuses a role; each raises as it likes
                continue
            if said.count(_SYSTEM) == 1 and said.count(_USER) == 1:
                return re.split(f"({_SYSTEM}|{_USER})", said)
        start = self._tokenizer("", verbose=False)["input_ids"][:1]  # a start mark, where the model wants one
        first = self._tokenizer.decode(start) if start and start[0] == self._tokenizer.bos_token_id else ""
        return [first, _SYSTEM, "\n\n", _USER, "\n\nAnswer:\n"]


class Writer:
    """A model in the middle of an answer, with what it has computed of the words before.

    Parameters
    ----------
    model : transformers.PreTrainedModel
    chat : Chat
    prompt : list of int
    request : Request
        Its temperature counts; its key is the seed.
    """

    def __init__(self, model: Any, chat: Chat, prompt: list[int], request: Request) -> None:
        import torch

        self.chat = chat
        self._model = model
        takes = inspect.signature(model.forward).parameters
        self._keep = next((n for n in ("logits_to_keep", "num_logits_to_keep") if n in takes), None)
        self._tokens: list[int] = []
        self._prompt = len(prompt)
        self._past: Any = None
        self._temperature = request.temperature
        self._chance = torch.Generator().manual_seed(int(request.key[:15], 16))
        self.scores = self._forward(prompt)

    @property
    def written(self) -> int:
        """Tokens after the prompt."""
        return len(self._tokens) - self._prompt

    def feed(self, text: str) -> None:
        """Continue with a text, as if the model had written it."""
        if text:
            self.scores = self._forward(self.chat.plain(text))

    def take(self, token: int) -> None:
        """Continue with a token."""
        self.scores = self._forward([token])

    def likelihood(self, tokens: Sequence[int]) -> float:
        """Return the log-probability that the model goes on with these tokens; it stays where it is."""
        import torch

        first = float(torch.log_softmax(self.scores, 0)[tokens[0]])
        if len(tokens) == 1:
            return first
        here, scores = len(self._tokens), self.scores
        rest = self._forward(list(tokens[:-1]), every=True)
        self._rewind(here)
        self.scores = scores
        logs = torch.log_softmax(rest, 1)
        return first + float(sum(logs[i, token] for i, token in enumerate(tokens[1:])))

    def pick(self, scores: torch.Tensor) -> int:
        """Return the likeliest token, or one by chance where there is a temperature."""
        import torch

        if self._temperature <= 0:
            return int(scores.argmax())
        weights = torch.softmax(scores.double() / self._temperature, 0)
        return int(torch.multinomial(weights, 1, generator=self._chance))

    def _forward(self, tokens: list[int], *, every: bool = False) -> torch.Tensor:
        """Read on; return float32 (n_vocabulary,), or (n_tokens, n_vocabulary), of the tokens that may follow."""
        import torch

        # Without this, scores for every token of a long prompt are made: gigabytes.
        options = {self._keep: len(tokens) if every else 1} if self._keep else {}
        with torch.inference_mode():
            given = torch.tensor([tokens], device=self._model.device)
            found = self._model(input_ids=given, past_key_values=self._past, use_cache=True, **options)
        self._past = found.past_key_values
        self._tokens += tokens
        logits: torch.Tensor = found.logits[0].float().cpu()
        return logits if every else logits[-1]

    def _rewind(self, length: int) -> None:
        """Forget the tokens from ``length`` on."""
        kept = self._tokens[:length]
        try:
            self._past.crop(length)
            self._tokens = kept
        except Exception:  # not every kind of memory can be cut: read it all again
            self._past, self._tokens = None, []
            self._forward(kept)


def choose(writer: Writer, allowed: Sequence[str]) -> str:
    """Return the value that the model finds likeliest, with the quote that ends it."""
    import torch

    if len(allowed) == 1:
        return allowed[0]
    options = {value: writer.chat.plain(json.dumps(value, ensure_ascii=False)[1:]) for value in allowed}
    logs = torch.log_softmax(writer.scores, 0)
    best, found = -float("inf"), allowed[0]
    # By the first token, which no total exceeds: what cannot win any more is not computed.
    for value in sorted(allowed, key=lambda value: -float(logs[options[value][0]])):
        if float(logs[options[value][0]]) <= best:
            break
        total = writer.likelihood(options[value])
        if total > best:
            best, found = total, value
    return found


def write(writer: Writer, most: int) -> tuple[str, bool]:
    """Let the model write a JSON string up to its closing quote or the end of the line.

    Returns
    -------
    tuple
        The text, and whether it came to an end within ``most`` tokens.
    """
    tokens: list[int] = []
    said = ""
    while len(tokens) < most:
        token = writer.pick(writer.scores) if said.strip() else _beginning(writer, tokens)
        if token in writer.chat.ends:
            return _value(said), True
        longer = writer.chat.text([*tokens, token])
        end = _end(longer)
        if end is not None:
            writer.feed(longer[len(said) : end])  # the part of the last token before the quote
            return _value(longer[:end]), True
        writer.take(token)
        tokens.append(token)
        said = longer
    return _value(said), False


def _beginning(writer: Writer, tokens: list[int]) -> int:
    """Return a token that does not end a text before it has begun."""
    scores = writer.scores.clone()
    scores[[end for end in sorted(writer.chat.ends) if end < len(scores)]] = -float(
        "inf"
    )  # some have no score
    for _ in range(_TRIES):
        token = writer.pick(scores)
        said = writer.chat.text([*tokens, token])
        if said.strip() and _end(said) is None:
            break
        scores[token] = -float("inf")
    return token


def _end(text: str) -> int | None:
    """Return where a JSON string ends: at a quote that no backslash escapes, or a line break."""
    found = re.match(r'(?:[^"\\\n]|\\.)*(["\n])', text, re.DOTALL)
    return None if found is None else found.start(1)


def _value(raw: str) -> str:
    try:
        value = json.loads(f'"{raw}"', strict=False)
    except ValueError:
        value = raw
    return str(value).strip()
