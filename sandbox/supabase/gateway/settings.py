"""What the gateway's process is told when it starts."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox.supabase.keys import Keys


@dataclass(frozen=True, slots=True)
class Settings:
    """Addresses and keys; handed over on the standard input, never on the command line."""

    listener: int  # the file descriptor of the listening socket
    url: str
    postgrest_socket: str
    database_folder: str  # where the database's unix socket lies
    database_port: int
    files: str  # where Storage keeps bytes
    keys: Keys

    def dump(self) -> bytes:
        """One line of JSON."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def read(cls, line: str) -> "Settings":
        """The settings in a line made by `dump`."""
        content = json.loads(line)
        return cls(**{**content, "keys": Keys(**content["keys"])})

    @property
    def database_socket(self) -> str:
        """The path of the database's unix socket."""
        return str(Path(self.database_folder) / f".s.PGSQL.{self.database_port}")

    def dsn(self, role: str) -> str:
        """The database's address for a role."""
        return f"postgresql://{role}@/postgres?host={self.database_folder}&port={self.database_port}"
