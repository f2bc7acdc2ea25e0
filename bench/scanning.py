"""Result files: how many a second are examined, of each kind, and how soon an upload is there to be read."""

import asyncio
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import pydicom
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen import canvas

from bench.laboratory import Laboratory, laboratory
from bench.stage import Stage
from sandbox.modality import Subject, image
from sandbox.modality.phantom import chest
from sandbox.people import CLINIC_ID
from workers import app as program
from workers.laboratory.files.examine import Sheets, examine
from workers.laboratory.files.examiner import Examiner, tray
from workers.laboratory.files.request import Claims
from workers.laboratory.files.verdict import Safe
from workers.settings import Settings

AT_ONCE, ROUNDS, UPLOADS = 2, 8, 15
MEGABYTE = 1_000_000
LANE = "insert into integration.lanes (target, clinic_id) values ('files', $1) on conflict do nothing"
LAGS = """
    select extract(epoch from f.examined_at - f.arrived_at) * 1000 from public.result_files f
     where f.state = 'available' and f.id = any ($1)
"""


def report() -> bytes:
    """A laboratory report of four pages, one of them with a scanned picture."""
    out, scan = BytesIO(), ImageReader(BytesIO(photograph(1240, 1754)))
    sheet = canvas.Canvas(out, invariant=True)
    for page in range(4):
        for line in range(40):
            sheet.drawString(60, 780 - 18 * line, f"Pemeriksaan {page}.{line}   13,{line}   g/dL   12,0 - 16,0")
        if page == 3:
            sheet.drawImage(scan, 60, 60, 480, 700)
        sheet.showPage()
    sheet.save()
    return out.getvalue()


def photograph(width: int = 4000, height: int = 3000) -> bytes:
    """What a telephone takes: twelve megapixels, smooth with some noise."""
    out = BytesIO()
    _picture(width, height).save(out, "JPEG", quality=85)
    return out.getvalue()


def screenshot() -> bytes:
    """What an instrument's screen shows."""
    out = BytesIO()
    _picture(1920, 1080).quantize(64).save(out, "PNG")
    return out.getvalue()


def xray(side: int = 2048) -> bytes:
    """A digital X-ray of four megapixels, not compressed."""
    out, dataset, pixels = BytesIO(), image(Subject("RM-1", "UJI^COBA")), chest(side)
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.PixelData = pixels.tobytes()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def _picture(width: int, height: int) -> Image.Image:
    x, y = np.meshgrid(np.linspace(0, 6, width, dtype=np.float32), np.linspace(0, 6, height, dtype=np.float32))
    noise = np.random.default_rng(1).normal(0, 4, (height, width)).astype(np.float32)
    waves = [127 + 100 * np.sin(x * factor + y) + noise for factor in (1, 2, 3)]
    return Image.fromarray(np.clip(np.stack(waves, -1), 0, 255).astype(np.uint8))


SAMPLES: Mapping[str, Callable[[], bytes]] = {"pdf": report, "jpg": photograph, "png": screenshot, "dcm": xray}


@dataclass(frozen=True, slots=True)
class Rate:
    """Examinations of one kind of file, two at once, each in a process of its own."""

    files_per_second: float
    megabytes_per_second: float
    share_of_bare: float
    """÷ the same work one after the other in this process: 2 would be two whole cores and no cost."""
    peak_mb: float
    """Of the largest process."""


async def rates(settings: Settings) -> dict[str, Rate]:
    """Every kind; the bare way and the way apart in turns."""
    pydicom.config.settings.writing_validation_mode = pydicom.config.IGNORE
    examiner = Examiner(settings)
    try:
        return {name: await _rate(examiner, settings, f"a.{name}", make()) for name, make in SAMPLES.items()}
    finally:
        await examiner.aclose()


async def _rate(examiner: Examiner, settings: Settings, name: str, content: bytes) -> Rate:
    await asyncio.gather(*(_apart(examiner, name, content) for _ in range(AT_ONCE)))  # cells are warm
    bare, apart, peak = [], [], 0
    for _ in range(ROUNDS):
        bare.append(_seconds_here(settings, name, content))
        began = time.perf_counter()
        peak = max(peak, *await asyncio.gather(*(_apart(examiner, name, content) for _ in range(AT_ONCE))))
        apart.append((time.perf_counter() - began) / AT_ONCE)
    each = statistics.median(apart)
    return Rate(1 / each, len(content) / MEGABYTE / each, statistics.median(bare) / each, peak / MEGABYTE)


async def _apart(examiner: Examiner, name: str, content: bytes) -> int:
    with tray() as files:
        files.source.write(content)
        files.source.flush()
        told = await examiner.examine(files, name, None)
    assert isinstance(told.verdict, Safe), told.verdict
    return told.peak_bytes


def _seconds_here(settings: Settings, name: str, content: bytes) -> float:
    claims = Claims(
        file_name=name, declared_type=None, pdf_limit_bytes=settings.files_pdf_limit_bytes,
        image_limit_bytes=settings.files_image_limit_bytes, dicom_limit_bytes=settings.files_dicom_limit_bytes,
    )  # fmt: skip
    sheets = Sheets(BytesIO(content), BytesIO(), BytesIO(), BytesIO())
    began = time.perf_counter()
    assert isinstance(examine(sheets, claims), Safe)
    return time.perf_counter() - began


@dataclass(frozen=True, slots=True)
class Wait:
    """Milliseconds, medians, on an idle system woken by Realtime alone."""

    until_available_ms: float
    """From the uploader's word that the bytes are there to the file that may be read."""
    examination_ms: float
    """Of which the examination itself takes so much."""


async def waits(stage: Stage) -> Wait:
    """One report after the other; the poll is set so long that only the bell can explain a wake."""
    content, settings = report(), stage.settings(poll_seconds=600.0)
    alone = (await rates_of_one(settings, content)) * 1000
    stop = asyncio.Event()
    await stage.database.execute(LANE, CLINIC_ID)
    async with laboratory(stage) as lab:
        orders = await lab.orders(UPLOADS, "HB")
        async with program.built(settings) as app, asyncio.TaskGroup() as group:
            group.create_task(program.run(app, stop))
            await app.realtime.live.wait()
            files = [await _uploaded(stage, lab, str(order["id"]), content) for order in orders]
            stop.set()
        lags = [float(row[0]) for row in await stage.database.fetch(LAGS, files)]
    assert len(lags) == UPLOADS
    return Wait(statistics.median(lags[1:]), alone)  # the first also starts a cell


async def rates_of_one(settings: Settings, content: bytes) -> float:
    """Seconds for one report at a time, in a warm cell."""
    examiner, times = Examiner(settings), []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await _apart(examiner, "a.pdf", content)
        times.append(time.perf_counter() - began)
    await examiner.aclose()
    return statistics.median(times)


async def _uploaded(stage: Stage, lab: Laboratory, order: str, content: bytes) -> str:
    wish = {"order_id": order, "file_name": "hasil.pdf", "declared_type": "application/pdf"}
    told = (await lab.technician.rpc("register_upload", wish).execute()).data
    bucket = lab.technician.storage.from_(told["bucket"])  # type: ignore[call-overload, index]  # JSON of ours
    await bucket.upload(told["path"], content, {"content-type": "application/pdf"})  # type: ignore[arg-type, call-overload, index]
    await lab.technician.rpc("upload_done", {"file_id": told["id"]}).execute()  # type: ignore[call-overload, index]
    while not await stage.database.fetchval(  # noqa: ASYNC110  # another task decides
        "select state = 'available' from public.result_files where id = $1",
        told["id"],  # type: ignore[call-overload, index]
    ):
        await asyncio.sleep(0.005)
    return str(told["id"])  # type: ignore[call-overload, index]


def rows(found: Mapping[str, Rate], wait: Wait) -> list[tuple[str, str, str]]:
    """What the table of ``make bench`` shows."""
    return [
        *(
            (f"examinations of {kind}: files/s, MB/s, ÷ bare on one core",
             f"{one.files_per_second:.1f}/s, {one.megabytes_per_second:.0f} MB/s, {one.share_of_bare:.2f} "
             f"(peak {one.peak_mb:.0f} MB)", "")
            for kind, one in found.items()
        ),
        ("upload done → available ÷ its examination, idle",
         f"{wait.until_available_ms / wait.examination_ms:.2f} ({wait.until_available_ms:.0f} ms)", ""),
    ]  # fmt: skip
