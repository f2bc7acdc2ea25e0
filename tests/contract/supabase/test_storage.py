"""Storage: files under the same rights as rows."""

from collections.abc import AsyncIterator

import httpx
import pytest
from storage3.exceptions import StorageApiError

from supabase import AsyncClient
from tests.contract.supabase.conftest import Person

BUCKET = "contract-files"
PDF = b"%PDF-1.7 invented"


@pytest.fixture
async def bucket(service: AsyncClient, notes: str) -> AsyncIterator[str]:
    """A private bucket for small PDF files; `notes` brings its policies along."""
    options = {"public": False, "allowed_mime_types": ["application/pdf"], "file_size_limit": 1000}
    await service.storage.create_bucket(BUCKET, options=options)
    yield BUCKET
    await service.storage.empty_bucket(BUCKET)
    await service.storage.delete_bucket(BUCKET)


async def test_a_file_comes_back_as_it_was(ani: Person, bucket: str) -> None:
    """Upload, list and download."""
    files = ani.client.storage.from_(bucket)

    await files.upload(f"{ani.id}/hasil.pdf", PDF, {"content-type": "application/pdf"})

    assert PDF == await files.download(f"{ani.id}/hasil.pdf")
    assert ["hasil.pdf"] == [entry["name"] for entry in await files.list(ani.id)]


async def test_others_cannot_read_or_write_there(ani: Person, budi: Person, bucket: str) -> None:
    """Policies on storage.objects hold."""
    name = f"{ani.id}/hasil.pdf"
    await ani.client.storage.from_(bucket).upload(name, PDF, {"content-type": "application/pdf"})

    with pytest.raises(StorageApiError) as unread:
        await budi.client.storage.from_(bucket).download(name)
    with pytest.raises(StorageApiError) as unwritten:
        await budi.client.storage.from_(bucket).upload(f"{ani.id}/palsu.pdf", PDF, {"content-type": "application/pdf"})

    assert "404" == str(unread.value.status)
    assert "403" == str(unwritten.value.status)


async def test_a_signed_address_opens_one_file(ani: Person, bucket: str) -> None:
    """Whoever holds the address may read, without a key."""
    files = ani.client.storage.from_(bucket)
    await files.upload(f"{ani.id}/hasil.pdf", PDF, {"content-type": "application/pdf"})

    signed = await files.create_signed_url(f"{ani.id}/hasil.pdf", 60)

    async with httpx.AsyncClient() as client:
        assert PDF == (await client.get(signed["signedURL"])).content
        other = signed["signedURL"].replace("hasil.pdf", "lain.pdf")
        assert 400 == (await client.get(other)).status_code


async def test_a_second_upload_needs_leave(ani: Person, bucket: str) -> None:
    """Without upsert an existing file stays."""
    files, name = ani.client.storage.from_(bucket), f"{ani.id}/hasil.pdf"
    await files.upload(name, PDF, {"content-type": "application/pdf"})

    with pytest.raises(StorageApiError) as refused:
        await files.upload(name, b"%PDF other", {"content-type": "application/pdf"})
    await files.upload(name, b"%PDF newer", {"content-type": "application/pdf", "upsert": "true"})

    assert "409" == str(refused.value.status)
    assert b"%PDF newer" == await files.download(name)


async def test_a_bucket_takes_only_what_it_is_for(ani: Person, bucket: str) -> None:
    """Kind and size are checked."""
    files = ani.client.storage.from_(bucket)

    with pytest.raises(StorageApiError) as wrong_kind:
        await files.upload(f"{ani.id}/a.exe", b"MZ", {"content-type": "application/x-msdownload"})
    with pytest.raises(StorageApiError) as too_large:
        await files.upload(f"{ani.id}/b.pdf", b"%" * 2000, {"content-type": "application/pdf"})

    assert ("415", "413") == (str(wrong_kind.value.status), str(too_large.value.status))


async def test_a_removed_file_is_gone(ani: Person, bucket: str) -> None:
    """Remove says what it removed."""
    files, name = ani.client.storage.from_(bucket), f"{ani.id}/hasil.pdf"
    await files.upload(name, PDF, {"content-type": "application/pdf"})

    removed = await files.remove([name])

    assert [name] == [row["name"] for row in removed]
    assert not await files.exists(name)
