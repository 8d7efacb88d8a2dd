"""A person's own data: read once, kept by content in the lab's data folder, named in the document by that content."""
