"""`python -m dllab`: the command line."""

import sys

from dllab.cli import main

if __name__ == "__main__":
    sys.exit(main())
