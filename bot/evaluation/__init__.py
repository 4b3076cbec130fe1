"""Measures recognition, time and memory; Rasa's default pipeline beside ours."""
