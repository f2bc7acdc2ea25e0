"""The JavaScript client, which speaks the newer version of Realtime's protocol."""

import asyncio
import json
from pathlib import Path

from tests.conftest import Project
from tests.contract.supabase.conftest import PASSWORD, Person

SCRIPT = Path(__file__).with_name("smoke.mjs")


async def test_the_browsers_client_signs_in_writes_and_listens(project: Project, ani: Person, notes: str) -> None:
    """One journey with @supabase/supabase-js."""
    arguments = (project.url, project.anon_key, ani.email, PASSWORD, notes)
    node = await asyncio.create_subprocess_exec(
        "node",
        "--experimental-websocket",
        str(SCRIPT),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(30):
        output, complaint = await node.communicate()

    assert 0 == node.returncode, complaint.decode()
    assert {"change": "dari browser", "broadcast": {"n": 1}} == json.loads(output)
