"""The child process: `python -m dllab.clustering` carries out one fit."""

from dllab.clustering.process import serve

if __name__ == "__main__":
    serve()
