"""Windows for a person's own data: importing files, downloading, painting."""
