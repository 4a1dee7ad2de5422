"""Files that come with the program, and the one function that finds them."""

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def path(name: str) -> Path:
    """Return the path of a resource named relative to this folder (“symbols/depot.svg”).

    Raises FileNotFoundError when there is no such file or folder: a resource that
    is missing is a broken installation, nothing the user could mend.
    """
    found = _HERE / name
    if not found.exists():
        raise FileNotFoundError(f"resource missing: {found}")
    return found
