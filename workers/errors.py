"""The errors a caller may have to tell apart; each docstring is the message's promise.

WorkersError
├── SettingsError        the environment is incomplete or contradicts itself
└── DatabaseError        Supabase refused a call
    └── DatabaseAway     Supabase cannot be reached or is restarting; trying again is right
"""


class WorkersError(Exception):
    """Anything of ours that a person may read; never holds patient data."""


class SettingsError(WorkersError):
    """The environment is incomplete or contradicts itself; every complaint at once."""


class DatabaseError(WorkersError):
    """Supabase refused a call; carries the code, never the row."""

    verb = "Supabase refused"

    def __init__(self, call: str, code: str, hint: str = "") -> None:
        super().__init__(f"{self.verb} {call} ({code}). {hint}".strip())
        self.call = call
        self.code = code


class DatabaseAway(DatabaseError):
    """Supabase cannot be reached, or is restarting; trying again is right."""

    verb = "Supabase does not answer"
