"""The engine as the window sees it."""
