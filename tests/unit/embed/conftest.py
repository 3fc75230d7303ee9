"""A BERT small enough to be made in a test, and an embedder that counts."""

import json
from pathlib import Path

import numpy as np
import pytest

WORDS = [
    "river", "stone", "green", "walk", "sing", "cloud", "##s", "##ing", "a", "b", "c", "d", "e", ".", "!", "?",
    "i", "n", "g", "o", "##o", "##x", "caf", "##e", "1", "2", "##1", "'", "t", "don", "[", "]",
]  # fmt: skip


def tiny_bert(folder: Path, hidden: int = 32, window: int = 16) -> Path:
    """Save a random BERT of one layer with its WordPiece tokenizer."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    vocabulary = {t: i for i, t in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]",
        sep_token="[SEP]", mask_token="[MASK]", model_max_length=window,
    ).save_pretrained(folder)  # fmt: skip
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=hidden, num_hidden_layers=1, num_attention_heads=4,
        intermediate_size=2 * hidden, max_position_embeddings=300, initializer_range=0.4,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def bert(tmp_path_factory):
    """A bare model with MiniLM's width."""
    return tiny_bert(tmp_path_factory.mktemp("bert"), hidden=384)


@pytest.fixture(scope="session")
def sentence_model(tmp_path_factory):
    """A sentence-transformers model that reads 16 tokens, 14 of them the text's."""
    folder = tiny_bert(tmp_path_factory.mktemp("sentence") / "tiny")
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 16, "do_lower_case": false}')
    (folder / "1_Pooling").mkdir()
    pooling = {"word_embedding_dimension": 32, "pooling_mode_mean_tokens": True}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    return folder


class Counting:
    """Three numbers of each text; knows which texts it was asked for."""

    fingerprint = "counting:1"
    dimensions = 3

    def __init__(self):
        self.asked = []

    def embed(self, texts, *, progress=None):
        self.asked += texts
        out = np.array([[len(t), t.count("a"), 1] for t in texts], dtype=np.float32).reshape(-1, 3)
        return out / np.linalg.norm(out, axis=1, keepdims=True)


@pytest.fixture
def counting():
    return Counting()
