"""Whimsight."""
