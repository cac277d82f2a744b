"""The one exception for what a user can put right."""


class InkbridgeError(Exception):
    """Bad input: the message names the file, cell or key, what was expected and what to do."""
