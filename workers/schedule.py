"""What happens by the clock: sweeps, KPI figures, and the nightly comparison with SatuSehat."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from workers.bpjs import synchronize
from workers.bpjs.client import BpjsClients
from workers.bpjs.vclaim import monitoring
from workers.deliveries import Deliveries
from workers.errors import WorkersError
from workers.satusehat import reconcile
from workers.satusehat.client import SatusehatClients
from workers.settings import Settings
from workers.wakeup import Bell

log = structlog.get_logger()

ARRIVALS_EVERY = timedelta(seconds=30)
KPI_EVERY = timedelta(hours=1)
LISTS_EVERY = timedelta(days=1)
CLAIMS_EVERY = timedelta(hours=1)


@contextmanager
def running(  # what keeps the appointments
    settings: Settings,
    deliveries: Deliveries,
    satusehat: SatusehatClients,
    bpjs: BpjsClients,
    rests: Mapping[str, timedelta],
    bell: Bell,
) -> Iterator[None]:
    """Keep the appointments while the block runs; ``rests``: per target, how long a doubt rests."""
    scheduler = AsyncIOScheduler(timezone=ZoneInfo(settings.schedule_time_zone))
    every = IntervalTrigger(seconds=settings.sweep_seconds, jitter=None)
    _appoint(scheduler, "sweep", every, lambda: _sweep(rests, deliveries, bell))
    _appoint(scheduler, "escalate", every, lambda: _escalate(deliveries, bell))
    arrivals = IntervalTrigger(seconds=ARRIVALS_EVERY.total_seconds())
    _appoint(scheduler, "arrivals", arrivals, lambda: _arrivals(deliveries, bell))
    _appoint(scheduler, "kpi", IntervalTrigger(seconds=KPI_EVERY.total_seconds()), lambda: _kpi(deliveries))
    hour, minute = settings.reconcile_at.split(":")
    nightly = CronTrigger(hour=hour, minute=minute, jitter=300, timezone=scheduler.timezone)
    _appoint(scheduler, "reconcile", nightly, lambda: _reconcile(settings, deliveries, satusehat))
    _appoint(scheduler, "windows", nightly, lambda: deliveries.call("learn_windows"))
    _appoint(scheduler, "queues", nightly, lambda: deliveries.call("close_queues"))
    lists = IntervalTrigger(seconds=LISTS_EVERY.total_seconds())
    _appoint(scheduler, "bpjs_lists", lists, lambda: _lists(settings, deliveries, bpjs), now=True)
    claims = IntervalTrigger(seconds=CLAIMS_EVERY.total_seconds(), jitter=120)
    _appoint(scheduler, "bpjs_claims", claims, lambda: _claims(settings, deliveries, bpjs))
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)


def _appoint(
    scheduler: Any, name: str, when: object, what: Callable[[], Awaitable[object]], *, now: bool = False
) -> None:
    async def kept() -> None:
        try:
            await what()
        except WorkersError as error:
            log.warning("appointment.failed", name=name, error=type(error).__name__)
        except Exception as error:  # the scheduler is kept quiet, and would say it to nobody
            log.error("appointment.crashed", name=name, exc_info=error)  # noqa: TRY400

    first = {"next_run_time": datetime.now(UTC)} if now else {}
    scheduler.add_job(kept, when, id=name, coalesce=True, max_instances=1, misfire_grace_time=3600, **first)


async def _sweep(rests: Mapping[str, timedelta], deliveries: Deliveries, bell: Bell) -> None:
    for target, rest in rests.items():
        swept = await deliveries.sweep(target, rest.total_seconds())
        if any(swept.values()):
            log.info("leases.swept", target=target, **swept)
            bell.ring()


async def _escalate(deliveries: Deliveries, bell: Bell) -> None:
    """Critical results that nobody has acknowledged climb; the database's clock says which."""
    if climbed := await deliveries.call("escalate"):
        log.warning("alerts.escalated", alerts=climbed)
        bell.ring()


async def _arrivals(deliveries: Deliveries, bell: Bell) -> None:
    """Files whose sender was cut off before it could say that they are there."""
    if await deliveries.call("find_arrivals"):
        bell.ring()


async def _kpi(deliveries: Deliveries) -> None:
    await deliveries.call("take_kpi_snapshot")
    await deliveries.call("take_laboratory_kpi_snapshot")


async def _lists(settings: Settings, deliveries: Deliveries, bpjs: BpjsClients) -> None:
    """BPJS's lists of clinics that have none yet, or none since yesterday."""
    async for kept in synchronize.everything(deliveries, bpjs, settings, older_than=LISTS_EVERY):
        log.info("list.kept", kind=kept.kind, entries=kept.entries, failure=kept.failure)


async def _claims(settings: Settings, deliveries: Deliveries, bpjs: BpjsClients) -> None:
    """What BPJS's monitoring says of claims and visits."""
    async for seen in monitoring.everything(deliveries, bpjs, settings):
        log.info("claims.watched", moved=seen.moved, differences=seen.differences, failure=seen.failure)


async def _reconcile(settings: Settings, deliveries: Deliveries, satusehat: SatusehatClients) -> None:
    since = datetime.now(UTC).date() - timedelta(days=settings.reconcile_days)
    found = await reconcile.everything(deliveries, satusehat, since)
    log.info("reconciliation.done", checked=found.checked, skipped=found.skipped, differences=found.differences)
