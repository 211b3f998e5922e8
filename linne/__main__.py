"""python -m linne, and the command `linne`."""

import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    from .cli import main as run

    sys.exit(run())


if __name__ == "__main__":
    main()
