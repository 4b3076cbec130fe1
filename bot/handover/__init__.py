"""What a person chose to pass on to a helpline: sealed, short-lived, opened by that helpline only. Engine-free."""
