"""Reviewed text: its schema, its catalogue, its checks. No sentence is made anywhere else."""
