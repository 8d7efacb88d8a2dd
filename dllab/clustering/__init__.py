"""Clustering: fits by scikit-learn, how good they are, and own traces that show every step."""
