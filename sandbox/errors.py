"""What goes wrong in the sandbox, in sentences that say what to do."""


class SandboxError(Exception):
    """The sandbox cannot do what was asked; the text tells a developer how to go on."""
