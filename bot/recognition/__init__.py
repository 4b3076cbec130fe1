"""Recognising digital violence with a person: taxonomy, the case, questions, answers, the mirror. Engine-free."""
