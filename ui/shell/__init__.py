"""Main window, docks, welcome page, preferences, theme."""
