"""Halte: an assistant for people who meet digital violence, in Dutch and French."""
