"""Whose preferences a study's votes are: what people share, where they differ, personal weights, rewards made of them."""
