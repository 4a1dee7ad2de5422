"""The one exception for what the user can mend."""


class Refused(Exception):
    """An input or request that cannot be carried out as given.

    The text is one Chinese sentence (or two): what is wrong, with which thing,
    and what to do next. The window shows it in the message bar, the command
    line prints it and ends with exit code 2. Anything else that is raised is a bug.
    """
