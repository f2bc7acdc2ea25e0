"""The account under which the database servers run."""

import os
import pwd
from dataclasses import dataclass
from typing import Any

from sandbox.errors import SandboxError


@dataclass(frozen=True, slots=True)
class Account:
    """A user id and group id; `switched` when they are not those of this process."""

    uid: int
    gid: int
    switched: bool

    def popen(self) -> dict[str, Any]:
        """Arguments for subprocess.Popen that make a child run under this account."""
        if not self.switched:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def unprivileged() -> Account:
    """This process's own account, or `nobody` when it is root, whom PostgreSQL refuses to serve."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switched=False)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        message = "PostgreSQL will not run as root and this machine has no account `nobody`: start as an ordinary user."
        raise SandboxError(message) from None
    return Account(nobody.pw_uid, nobody.pw_gid, switched=True)
