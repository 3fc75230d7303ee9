"""``python -m whimsight``: the command line."""

from whimsight.cli import app

app()
