"""The experiment as an immutable value: what it is, how it is edited, compared and kept in a file."""
