"""A model that does what it is asked, by formula, for a server to answer with."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.endpoints.fake_server import schema_fields
from whimsight.language.base import Field, Request
from whimsight.naming.practice import PracticeModel


def formula_model(payload: dict[str, Any], *, wrong: float = 0.0) -> dict[str, str]:
    """Answer as a describer or as a judge; a share of the judgments is drawn at random."""
    system, user = (message["content"] for message in payload["messages"])
    fields = tuple(Field(name, allowed) for name, allowed in schema_fields(payload).items())
    reply = PracticeModel(wrong=wrong).complete(Request(system, user, fields, 100))
    answer: dict[str, str] = json.loads(reply.text)
    return answer
