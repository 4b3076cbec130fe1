"""Ways in: everything that carries words between people and the engine. Trust is decided here."""
