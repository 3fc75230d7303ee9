"""The parts of a reward: made, its embedder, sets of responses, tables, its file."""
