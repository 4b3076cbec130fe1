"""The collection of labelled messages: counted, compared, disturbed, reviewed."""
