"""First safe steps, chosen and ordered so that they do not make things worse. Engine-free."""
