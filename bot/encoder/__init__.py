"""Building Halte's own sentence encoder: a small multilingual model, fine-tuned on our messages.

Needs the extra ``encoder`` (torch, sentence-transformers, onnx) and runs only when somebody builds a new
encoder: ``halte encoder build``. What it writes, ``models/encoder``, is read by
:mod:`bot.understanding.encoder` with onnxruntime and tokenizers alone.
"""
