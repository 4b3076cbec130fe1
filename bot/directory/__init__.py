"""The service directory: who helps with what, when, in which language. Free of Rasa and of any web framework."""
