"""Rasa actions, one file per journey; the only place that knows rasa_sdk."""
