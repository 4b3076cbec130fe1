"""From a message to its language, act, forms and flags. Knows neither Rasa nor the web."""
