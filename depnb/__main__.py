"""``python -m depnb`` is the command ``depnb``."""

from depnb.cli import main

if __name__ == "__main__":
    main()
