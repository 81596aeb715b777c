"""``python -m depnb`` is the command ``depnb``."""

import sys

try:
    from depnb.cli import main
except ModuleNotFoundError as error:
    sys.exit(f"{error}: install the requirements of depnb first, as README.md says under “What runs where”.")

if __name__ == "__main__":
    main()
