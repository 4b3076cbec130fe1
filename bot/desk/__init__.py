"""The desk: what the staff of a helpline see, and the interface for its programs. Runs only where it is configured."""
