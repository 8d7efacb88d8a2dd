"""`python -m dllab.engine`: frames in on stdin, frames out on stdout, words on stderr, until stdin ends."""

import sys

from dllab.engine.process import main

if __name__ == "__main__":
    sys.exit(main())
