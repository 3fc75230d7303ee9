"""The parts of a ``.whim`` file: the sealed archive, tables, and what the manifest must say."""
