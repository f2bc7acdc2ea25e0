"""``python -m workers``: the same as ``workers``."""

from workers.cli.main import main

if __name__ == "__main__":
    main()
