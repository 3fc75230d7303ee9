"""Two language models of a few thousand numbers, saved as any other: one says nonsense, one always the same."""

from itertools import pairwise
from pathlib import Path

TURNS = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
SPECIAL = ["<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]


def nonsense(folder: Path) -> Path:
    """Save a Llama whose weights are noise."""
    import torch

    tokenizer = _tokenizer(folder)
    torch.manual_seed(0)
    _llama(len(tokenizer), hidden_size=16, initializer_range=0.4).save_pretrained(folder)
    return folder


def parrot(folder: Path, *parts: str) -> Path:
    """Save a Llama that answers these parts, one after the other, whatever it is asked.

    Each token's state is a direction of its own, nothing is attended to, and the head of the model turns every
    direction into the next part's.
    """
    import torch

    tokenizer = _tokenizer(folder, parts)
    model = _llama(len(tokenizer), hidden_size=-(-len(tokenizer) // 4) * 4, initializer_range=0.0)
    numbers = tokenizer.convert_tokens_to_ids(["<|assistant|>", *parts, "<|end|>"])
    with torch.no_grad():
        model.model.embed_tokens.weight.fill_diagonal_(1.0)
        for now, after in pairwise(numbers):
            model.lm_head.weight[after, now] = 1.0
    model.save_pretrained(folder)
    return folder


def _tokenizer(folder, parts=()):
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    every_byte = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=SPECIAL, initial_alphabet=every_byte, show_progress=False
    )
    made.train_from_iterator(["which of the two answers is longer", "the answer is A"], trainer)
    made.add_tokens([AddedToken(part, normalized=False) for part in parts])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=made, eos_token="<|end|>", pad_token="<|end|>")
    tokenizer.chat_template = TURNS
    tokenizer.save_pretrained(folder)
    return tokenizer


def _llama(words, **sizes):
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=words, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=4096, bos_token_id=None, eos_token_id=0, pad_token_id=0, **sizes,
    )  # fmt: skip
    return LlamaForCausalLM(config)
