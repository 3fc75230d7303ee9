"""What reads a request on the other side: a parser that knows the announced code only, and scripted judges."""

import re
from contextlib import contextmanager
from typing import NamedTuple

from tests.unit.endpoints.fake_server import FakeServer, schema_fields
from whimsight.language.asking import Asker
from whimsight.language.base import Price
from whimsight.language.endpoint import EndpointModel

LEFT_OUT = re.compile(r"^\[\.\.\. ([\d,]+) characters left out here \.\.\.\]$", re.MULTILINE)
ORDER = re.compile(r"ignore\b.{0,200}?\banswer\W{1,3}(A|B|tie)\b", re.IGNORECASE | re.DOTALL)

# Some servers read these out of what users say: the user's turn ends, another speaker's begins.
TEMPLATE = re.compile(
    r"<\|im_(?:start|end)\|>|<\|eot_id\|>|<\|start_header_id\|>|<\|end_header_id\|>|</?s>|\[/?INST\]|<</?SYS>>"
    r"|<(?:start|end)_of_turn>|<\|(?:system|user|assistant|end)\|>|<｜(?:User|Assistant)｜>"
)


class Read(NamedTuple):
    code: str
    sections: dict  # tag's kind to the text, in order; None stands where a middle was left out
    outside: str


def read(user):
    """Take a request apart by the code that its first sentence announces, and by nothing else."""
    announced = re.findall(r"code ([0-9a-f]+)", user.split("\n", 1)[0])
    assert len(announced) == 1, announced
    code, sections, outside, inside, kind = announced[0], {}, [], [], None
    for line in user.split("\n"):
        opens = re.fullmatch(rf"<([A-Za-z0-9-]+)-{code}>", line)
        closes = re.fullmatch(rf"</([A-Za-z0-9-]+)-{code}>", line)
        if kind is None and opens:
            kind, inside = opens[1], []
        elif kind is not None and closes:
            assert closes[1] == kind
            sections.setdefault(kind, []).append("\n".join(inside))
            kind = None
        elif kind is None:
            outside.append(line)
        else:
            inside.append(line)
    assert kind is None, f"{kind} never ends"
    assert code not in "\n".join(outside[1:]), "the code is told once, and before any text"
    return Read(code, sections, "\n".join(outside))


def whole(sections, kind):
    (text,) = sections[kind]
    return text


def counting(word):
    """Count a word in a text, as the true answer about any concept."""
    return lambda text: len(re.findall(rf"\b{word}\b", text.lower()))


def obeying_outside(measure):
    """A judge that obeys every order outside of the announced tags, and none inside them.

    It reads as a server with a chat template does: a special token in what the user says ends the user's turn, and
    what comes after it is outside.
    """

    def answer(payload):
        user = payload["messages"][-1]["content"]
        spoken = TEMPLATE.split(user)
        told = ORDER.search("\n".join(spoken[1:]))
        asked = read(user) if not told else None
        told = told or ORDER.search(asked.outside) or ORDER.search(payload["messages"][0]["content"])
        if told:
            return dict.fromkeys(schema_fields(payload), told[1])
        first, second = (measure("\n".join(asked.sections[f"response-{side}"])) for side in "AB")
        said = "tie" if first == second else "A" if first > second else "B"
        return dict.fromkeys(schema_fields(payload), said)

    return answer


def obeying_texts(measure):
    """A judge that is fooled: it obeys an order wherever it stands, and judges where there is none."""
    honest = obeying_outside(measure)

    def answer(payload):
        told = ORDER.search(payload["messages"][-1]["content"])
        return dict.fromkeys(schema_fields(payload), told[1]) if told else honest(payload)

    return answer


@contextmanager
def asking(answer, **options):
    """Yield an Asker of a real server that answers so, and the server."""
    with FakeServer(answer) as server:
        model = EndpointModel("tiny", base_url=server.base_url, price=Price(1.0, 2.0))
        asker = Asker(model, cache=False, **options)
        yield asker, server
