"""The window. It imports dllab's document, layers, checking, data and recipe declarations and engine.protocol only."""
