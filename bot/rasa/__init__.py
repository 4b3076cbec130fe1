"""The only place, with ``bot/engine.py``, that knows Rasa: graph components, responses, conversation store."""
