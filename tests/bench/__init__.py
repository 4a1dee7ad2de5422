"""Speed beside a rival, measured in the same run: ``make bench``.

Each module here with a function ``run() -> list[Row]`` is one part (see ``timing``).
"""
