"""The control door: ledger, reset, settings; and that no body can break the simulator."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.bpjs.config import CLINIC, Facility, config_of
from sandbox.bpjs.services import TABLES
from sandbox.serve import application
from tests.contract.bpjs_simulator import examples
from tests.contract.bpjs_simulator.conftest import FORM, PREFIXES, TYPES, Bpjs
from tests.contract.bpjs_simulator.issuing import NUMBER as SEP
from tests.contract.bpjs_simulator.issuing import issued
from tests.contract.bpjs_simulator.visiting import visited


async def test_every_request_is_written_down_in_order(bpjs: Bpjs) -> None:
    """Service, type, whose, how it ended, what it left, and the parsed body."""
    day = bpjs.clock.dmy()
    body = examples.registration(day)
    await bpjs.pcare.post("pendaftaran", body)
    await bpjs.vclaim.get(f"Peserta/nik/1/tglSEP/{bpjs.clock.day()}")
    write, look = (await bpjs.door("ledger"))["requests"]
    assert (1, "pcare", "pendaftaran", 201, 201) == tuple(
        write[name] for name in ("seq", "service", "type", "status", "code")
    )
    assert ("0114A001", body, f"{examples.CARD}|001|{day}") == (write["organization"], write["body"], write["visit"])
    assert [{"type": "registration", "id": f"0114A001|{day}|A1", "version": 1}] == write["effects"]
    assert ("vclaim", 200, 201, False) == (look["service"], look["status"], look["code"], look["effect"])


async def test_the_ledger_can_be_read_from_a_point_on(bpjs: Bpjs) -> None:
    """`since` is exclusive; resources can be left out or narrowed to a type."""
    await visited(bpjs)
    answer = await bpjs.door("ledger?since=1&resources=0")
    assert [2] == [row["seq"] for row in answer["requests"]]
    assert "resources" not in answer
    assert ["visit"] == [row["type"] for row in (await bpjs.door("ledger?type=visit"))["resources"]]
    assert 400 == (await bpjs.http.get("/__sandbox__/ledger?since=x")).status_code


async def test_the_summary_counts(bpjs: Bpjs) -> None:
    """Requests by service and code, what is held, and bodies that were sent differently for one visit."""
    day = bpjs.clock.dmy()
    await bpjs.pcare.post("pendaftaran", examples.registration(day))
    await bpjs.pcare.post("pendaftaran", examples.registration(day, keluhan="lain"))
    await issued(bpjs)
    summary = await bpjs.summary()
    assert {"pcare": 2, "vclaim": 1} == summary["by_service"]
    assert {"201": 1, "401": 1, "200": 1} == summary["by_code"]
    assert {"registration": 1, "referral": 1, "sep": 1} == summary["resources"]
    assert [f"POST pcare/pendaftaran {examples.CARD}|001|{day}"] == [row["identifier"] for row in summary["bodies"]]


async def test_reset(bpjs: Bpjs) -> None:
    """Parts by name, or everything."""
    await visited(bpjs)
    await bpjs.switch(plaintext=True)
    await bpjs.door("reset", {"ledger": True})
    assert {"registration": 1, "visit": 1} == (await bpjs.summary())["resources"]
    await bpjs.door("reset", {"nonsense": True}, status=400)
    await bpjs.door("reset", {})
    assert {} == (await bpjs.summary())["resources"]
    assert isinstance((await bpjs.pcare.get("kesadaran")).raw, str)
    assert [{"field": "noKunjungan", "message": "0114A0010526Y000001"}] == (await visited(bpjs)).response


async def test_capacity(bpjs: Bpjs) -> None:
    """More requests at a time than there is room for are turned away."""
    await bpjs.switch(capacity=1)
    assert 200 == (await bpjs.pcare.get("kesadaran")).code
    bpjs.app.insurer.ledger.in_flight += 1
    assert 503 == (await bpjs.pcare.send("GET", "kesadaran")).status_code


FACILITY = {"code": "0114A009", "name": "Klinik Baru", "capability": "fktp", "cons_id": "9", "cons_secret": "s"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonsense": 1},
        {"clock": 1},
        {"not_found": "x"},
        {"facilities": [{**FACILITY, "user_keys": {}, "code": "9"}]},
        {"facilities": [{**FACILITY, "user_keys": {}, "capability": "rs"}]},
        {"facilities": [{**FACILITY, "user_keys": {"icare": "k"}}]},
        {"facilities": [FACILITY]},
        {"members": [{"nik": "1"}]},
    ],
)
def test_a_configuration_that_makes_no_sense(wrong: dict[str, Any]) -> None:
    """Complained about at birth."""
    with pytest.raises((ValueError, TypeError)):
        config_of(wrong)


async def test_several_facilities_keep_apart(open_bpjs: Any) -> None:
    """Each has its own day, numbers and visits; a member is everybody's."""
    fields = {name: getattr(CLINIC, name) for name in CLINIC.__slots__}
    other = {**fields, "code": "0114A009", "cons_id": "9", "cons_secret": "another"}
    bpjs: Bpjs = open_bpjs(facilities=[fields, other])
    stranger = bpjs.consumer(Facility(**other), "pcare")
    day = bpjs.clock.dmy()
    for clinic in (bpjs.pcare, stranger):
        body = examples.registration(day)
        assert "A1" == (await clinic.post("pendaftaran", body)).response["message"]
    number = (await bpjs.pcare.post("kunjungan/V1", examples.visit(day))).response[0]["message"]
    assert 412 == (await stranger.ask("DELETE", f"kunjungan/{number}")).code
    assert 412 == (await stranger.post("tindakan", examples.procedure(number))).code
    assert [] == (await bpjs.summary())["duplicates"]


def test_it_is_served_by_name() -> None:
    """The sandbox starts simulators by name, with settings as JSON."""
    app = application("bpjs", {"not_found": "404", "members": [], "seeded": False})
    assert ("404", []) == (app.insurer.switches.not_found, app.insurer.members.listed())


async def test_health(bpjs: Bpjs) -> None:
    """It is up."""
    assert {"ok": True} == await bpjs.door("health")


WRITES = [
    (service, method, pattern)
    for service, table in TABLES.items()
    for method, pattern in table.patterns()
    if method != "GET"
]
LEAVES = st.none() | st.booleans() | st.integers(-1, 9) | st.sampled_from(["", "1", "29-05-2026", "2026-05-29", SEP])
JUNK: Any = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.just("x"), inner, max_size=1)
)
FULL: dict[str, Any] = {
    "pendaftaran": examples.registration("29-05-2026"),
    "kunjungan": examples.referred("29-05-2026"),
    "kunjungan/V1": examples.referred("29-05-2026"),
    "tindakan": examples.procedure("0114A0010526Y000001"),
    "obat/kunjungan": examples.drug("0114A0010526Y000001"),
    "MCU": examples.checkup("0114A0010526Y000001", "29-05-2026"),
    "antrean/add": examples.queued("2026-05-29") | examples.booking("2026-05-29", 1_780_000_000_000),
    "antrean/updatewaktu": {"kodebooking": "B-77", "taskid": 3, "waktu": 1_780_000_000_000},
    "SEP/2.0/insert": {"request": {"t_sep": examples.inpatient("2026-05-29")}},
    "SEP/2.0/update": {"request": {"t_sep": {**examples.inpatient("2026-05-29"), "noSep": SEP}}},
    "SEP/2.0/updtglplg": {"request": {"t_sep": {"noSep": SEP, "statusPulang": "1", "tglPulang": "2026-05-29"}}},
    "LPK/insert": {"request": {"t_lpk": examples.lpk(SEP, "2026-05-29")}},
    "LPK/update": {"request": {"t_lpk": examples.lpk(SEP, "2026-05-29")}},
}


@st.composite
def spoilt(draw: st.DrawFn, body: Any) -> Any:
    """Put junk somewhere into a body, or in its place."""
    if not isinstance(body, dict) or not body or draw(st.integers(0, 9)) == 0:
        return draw(JUNK)
    name = draw(st.sampled_from(sorted(body)))
    return {**body, name: draw(spoilt(body[name]))}


@pytest.mark.parametrize(("service", "method", "pattern"), WRITES)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_no_body_breaks_it(open_bpjs: Any, service: str, method: str, pattern: str, data: st.DataObject) -> None:
    """Whatever is sent, there is an answer, and all can be read back."""
    bpjs: Bpjs = open_bpjs()
    await bpjs.switch(visit_path="both")
    await visited(bpjs)
    await issued(bpjs)
    consumer = {"pcare": bpjs.pcare, "vclaim": bpjs.vclaim, "antrean-fktp": bpjs.queue}.get(
        service, bpjs.hospital_queue
    )
    body = data.draw(spoilt(FULL.get(pattern, {"request": {}, "x": 1})))
    path = "/".join("x" if part.startswith("{") else part for part in pattern.split("/"))
    reply = await consumer.send(method, path, body)
    assert reply.json()
    assert TYPES.get(service, FORM) == reply.request.headers["content-type"]
    assert PREFIXES[service] in str(reply.request.url)
    day, card = bpjs.clock.dmy(), examples.CARD
    for reading, where in (
        (bpjs.pcare, f"kunjungan/peserta/{card}"),
        (bpjs.pcare, f"pendaftaran/tglDaftar/{day}/0/9"),
        (bpjs.pcare, "tindakan/kunjungan/0114A0010526Y000001"),
        (bpjs.pcare, "obat/kunjungan/0114A0010526Y000001"),
        (bpjs.vclaim, f"SEP/{SEP}"),
        (bpjs.vclaim, f"Monitoring/Kunjungan/Tanggal/{bpjs.clock.day()}/JnsPelayanan/1"),
        (bpjs.vclaim, f"LPK/TglMasuk/{bpjs.clock.day()}/JnsPelayanan/2"),
        (bpjs.vclaim, f"Rujukan/List/Peserta/{card}"),
        (bpjs.hospital_queue, "antrean/pendaftaran/aktif"),
    ):
        assert (await reading.get(where)).status == 200
