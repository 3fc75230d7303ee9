"""What language models are told and asked, word by word, and what is taken from their answers."""
