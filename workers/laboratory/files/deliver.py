"""Carries one uploaded file from quarantine to its end: released, held for a person, refused or discarded.

Everything is repeated under the same names and with the same content, so a half-finished earlier attempt needs
no question. The upload is removed last; what was learnt lies with the safe copy, in case the word of it was lost.
"""

import asyncio
import hashlib
import os
from collections.abc import Iterable
from datetime import timedelta
from typing import IO, Any, Final, Self, assert_never

from pydantic import ValidationError

from supabase import AsyncClient
from workers.deliveries import Lease
from workers.ending import Ended, Journal
from workers.laboratory.files import wording
from workers.laboratory.files.examiner import CellLost, Examiner, Tray, tray
from workers.laboratory.files.identity import absent, conflicts
from workers.laboratory.files.kinds import CONTENT_TYPES, Kind
from workers.laboratory.files.limits import Caps
from workers.laboratory.files.snapshot import RESULTS, Order, ResultFile
from workers.laboratory.files.store import KeyRefused, Store, StoreAway, StoreRefused, TooLarge
from workers.laboratory.files.verdict import SENTENCES, Reason, Refused, Safe
from workers.outcome import Blocked, Delivered, Exempt, Failure, Outcome, Postponed, Rejected, Report
from workers.settings import Settings

AWAY_WAIT: Final = timedelta(seconds=5)
KEY_WAIT: Final = timedelta(minutes=5)
LOST_WAIT: Final = timedelta(seconds=30)
MOST_LOST: Final = 3
"""After so many attempts that ended without an answer, the file is what ends them."""
LEASE_MARGIN_S: Final = 2.0


class FilesDelivery:
    """The route of ``result_file``; an async context manager, because it keeps processes."""

    def __init__(self, client: AsyncClient, settings: Settings) -> None:
        self._client = client
        self._examiner = Examiner(settings)
        self._caps = Caps(
            settings.files_pdf_limit_bytes, settings.files_image_limit_bytes, settings.files_dicom_limit_bytes
        )

    async def __aenter__(self) -> Self:
        """Cells are started when the first file comes."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the cells."""
        await self._examiner.aclose()

    async def __call__(self, lease: Lease) -> Report:
        """Carry the lease to its end; never raises for what the world does."""
        journal = Journal()
        try:
            outcome = await _Attempt(self._client, self._examiner, self._caps, lease, journal).carry()
        except Ended as ended:
            outcome = ended.outcome
        except StoreAway:
            outcome = Postponed(Failure.UNREACHABLE, AWAY_WAIT)
        except KeyRefused:
            outcome = Postponed(Failure.CREDENTIALS, KEY_WAIT, wording.KEY_REFUSED)
        except (StoreRefused, OSError):  # OSError: no room left for what is examined
            outcome = Postponed(Failure.UNREADABLE, KEY_WAIT)
        except ValidationError as error:
            outcome = Blocked(tuple(wording.unreadable(item["loc"]) for item in error.errors(include_input=False)))
        return journal.report(outcome)


class _Attempt:
    """One attempt at one file."""

    def __init__(self, client: AsyncClient, examiner: Examiner, caps: Caps, lease: Lease, journal: Journal) -> None:
        self._examiner, self._caps, self._lease, self._journal = examiner, caps, lease, journal
        self._store = Store(client, journal.sent)
        self._whole = ResultFile.model_validate(lease.snapshot)
        self._file = self._whole.file

    async def carry(self) -> Outcome:
        """The way through the states of docs: discarded and available files need no examination."""
        match self._file.state:
            case "discarded":
                return await self._discard()
            case "available":
                return await self._verify()
            case "expected" | "quarantined" | "held" | "refused":
                return await self._examine()
            case _:
                assert_never(self._file.state)

    async def _discard(self) -> Outcome:
        await self._store.remove(RESULTS, self._whole.result_paths)
        await self._remove_upload()
        return Exempt(wording.DISCARDED)

    async def _verify(self) -> Outcome:
        """What is stored is still what was released (FILE-14)."""
        with tray() as files:
            stored = self._file.stored_path or ""
            if await self._store.info(RESULTS, stored) is None:
                return Blocked((wording.BYTES_CHANGED,))
            if await self._store.fetch(RESULTS, stored, files.source, self._caps.any * 4) != self._file.sha256:
                return Blocked((wording.BYTES_CHANGED,))
        await self._remove_upload()
        return Delivered()

    async def _examine(self) -> Outcome:
        about = await self._store.info(self._file.intake_bucket, self._file.intake_path)
        if about is None:
            return await self._recover()
        if int(about.get("size") or 0) > self._caps.any:
            return self._refuse(Reason.TOO_LARGE)
        with tray() as files:
            try:
                original = await self._store.fetch(
                    self._file.intake_bucket, self._file.intake_path, files.source, self._caps.any
                )
                examined = await self._examiner.examine(files, self._file.file_name, self._file.declared_type)
            except TooLarge:
                return self._refuse(Reason.TOO_LARGE)
            except CellLost:
                return self._lost()
            match examined.verdict:
                case Refused(refused=reason):
                    return self._refuse(reason)
                case Safe() as safe:
                    return await self._decide(safe, files, original)
                case _:
                    assert_never(examined.verdict)

    async def _recover(self) -> Outcome:
        """The upload is gone: an earlier attempt released it and died before it could say so, or it never came."""
        for kind in Kind:
            path = self._whole.stored_path(kind)
            about = await self._store.info(RESULTS, path) if self._whole.order else None
            if about is not None and about.get("metadata"):
                self._journal.learn(**about["metadata"])
                return Delivered()
        return Blocked((wording.BYTES_MISSING,))

    async def _decide(self, safe: Safe, files: Tray, original: str) -> Outcome:
        """Release it, unless nobody knows whose it is, or it names somebody else."""
        order = self._whole.order
        facts = {**_facts(safe), "original_sha256": original}
        if order is None:
            self._journal.learn(**facts, state="held", reason=wording.NO_ORDER.reason)
            return Blocked((wording.NO_ORDER,))
        differing, silent = _compared(safe, order)
        facts["findings"] = [*facts["findings"], *differing, *silent]
        if differing and not self._file.identity_confirmed:
            problem = wording.someone_else(differing)
            self._journal.learn(**facts, state="held", reason=problem.reason)
            return Blocked((problem,))
        return await self._release(safe, files, facts)

    async def _release(self, safe: Safe, files: Tray, facts: dict[str, Any]) -> Outcome:
        shown = await asyncio.to_thread(_size, files.preview) > 0
        previews = {"preview_path": self._whole.preview_path, "thumbnail_path": self._whole.thumbnail_path}
        facts |= {
            "state": "available", "stored_path": self._whole.stored_path(safe.kind), **(previews if shown else {}),
            "byte_size": _size(files.safe), "sha256": await asyncio.to_thread(_sha256, files.safe),
        }  # fmt: skip
        self._holds()
        if shown:
            await self._store.put(RESULTS, self._whole.preview_path, files.preview, CONTENT_TYPES[Kind.JPEG])
            await self._store.put(RESULTS, self._whole.thumbnail_path, files.thumbnail, CONTENT_TYPES[Kind.JPEG])
        try:
            await self._store.put(RESULTS, facts["stored_path"], files.safe, CONTENT_TYPES[safe.kind], facts)
        except StoreRefused as refused:
            if refused.status == "413":  # written anew it is larger than the bucket takes
                return self._refuse(Reason.TOO_LARGE)
            raise
        self._holds()
        await self._remove_upload()
        self._journal.learn(**facts)
        return Delivered()

    async def _remove_upload(self) -> None:
        await self._store.remove(self._file.intake_bucket, [self._file.intake_path])

    def _refuse(self, reason: Reason) -> Outcome:
        """The upload stays in quarantine until a person discards it."""
        self._journal.learn(state="refused", reason=SENTENCES[reason], findings=[reason.value])
        return Rejected((wording.refused(reason),))

    def _lost(self) -> Outcome:
        if self._lease.attempt > MOST_LOST:
            return self._refuse(Reason.TOO_COMPLEX)
        return Postponed(Failure.STOPPED, LOST_WAIT)

    def _holds(self) -> None:
        """Whoever has lost the row must neither write nor remove any more."""
        if not self._lease.holds_for(LEASE_MARGIN_S):
            raise Ended(Postponed(Failure.STOPPED, timedelta()))


def _facts(safe: Safe) -> dict[str, Any]:
    facts = {
        "content_type": CONTENT_TYPES[safe.kind], "pages": safe.pages, "width": safe.width, "height": safe.height,
        "study_uid": safe.study_uid,
    }  # fmt: skip
    return {**{name: fact for name, fact in facts.items() if fact is not None}, "findings": list(safe.findings)}


def _compared(safe: Safe, order: Order) -> tuple[list[str], list[str]]:
    """Findings of what contradicts the order, and of what the file is silent about."""
    if safe.identity is None:
        return [], []
    return (
        _named(conflicts(safe.identity, order.expected()), "differs"),
        _named(absent(safe.identity), "absent"),
    )


def _named(parts: Iterable[str], what: str) -> list[str]:
    return [f"identity_{part}_{what}" for part in parts]


def _size(file: IO[bytes]) -> int:
    return os.fstat(file.fileno()).st_size


def _sha256(file: IO[bytes]) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # typeshed wants a BufferedReader
