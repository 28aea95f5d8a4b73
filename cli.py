"""`python cli.py …` in a checkout is `gru-toolkit …`."""

import sys

from gru_toolkit.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
