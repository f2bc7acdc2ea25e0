"""The laboratory's morning: orders, an analyser that answers by itself, a critical value nobody looks at, an image."""

import asyncio
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Literal

from rich.console import Console

from sandbox.analyser.machine import Analyser
from sandbox.analyser.message import Sample, readings
from sandbox.analyser.mischief import send_twice
from sandbox.demo import front_end
from sandbox.demo.cases import AILMENTS, Case
from sandbox.demo.front_end import Clinic
from sandbox.demo.scene import SETTLED_WITHIN_S, Scene
from sandbox.modality import Modality, Subject
from sandbox.people import CLINIC_ID
from sandbox.satusehat.identities import UNAMBIGUOUS_PATIENTS
from sandbox.supabase.ports import HOST
from sandbox.surroundings import AE_TITLE

Row = dict[str, Any]
APPLICATION, FACILITY = "XN-SIM", "KLINIK MELATI"
SEX: dict[str, Literal["M", "F"]] = {"male": "M", "female": "F"}
TO_THE_DOCTOR = "+6281200000001"
CLIMBS_AFTER_MINUTES = 0.04
BLOOD = (
    ("HGB", "13.4", "g/dL"), ("HT", "40.1", "%"), ("RBC", "4.61", "10*6/uL"), ("WBC", "7.2", "10*3/uL"),
    ("PLT", "96", "10*3/uL"), ("MCV", "87.0", "fL"), ("MCH", "29.1", "pg"), ("MCHC", "33.4", "g/dL"),
)  # fmt: skip
SALTS = (("NA", "136", "mmol/L"), ("K", "6.8", "mmol/L"), ("CL", "101", "mmol/L"))


@dataclass(slots=True)
class Doctor:
    """What appears on the doctor's screen, by Realtime, and when."""

    seen: dict[str, tuple[float, Row]] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, payload: Any) -> None:
        """A notification appears."""
        record = payload["data"]["record"] if "data" in payload else payload["record"]
        self.seen[f"{record['order_id']}/{record['kind']}/{record['step']}"] = (monotonic(), record)
        self.changed.set()

    async def told(self, order: Row, kind: str, step: int = 0) -> tuple[float, Row]:
        """When, and what; waits for it."""
        async with asyncio.timeout(SETTLED_WITHIN_S):
            while (found := self.seen.get(f"{order['id']}/{kind}/{step}")) is None:
                self.changed.clear()
                await self.changed.wait()
        return found


async def morning(scene: Scene) -> None:
    """Blood, salts and a chest image, one after another."""
    clinic = scene.clinic
    await _furnish(clinic)
    doctor = Doctor()
    await _watch(clinic, doctor)
    async with Analyser(HOST, scene.around.mllp_port, APPLICATION, FACILITY) as analyser:
        await _blood(scene, doctor, analyser)
        async with asyncio.TaskGroup() as group:
            group.create_task(_salts(scene, doctor, analyser))
            group.create_task(_chest(scene, doctor))


async def _furnish(clinic: Clinic) -> None:
    """The analyser is registered, its words are mapped, results climb within seconds, the doctor has a telephone."""
    analyser = {"name": "Analyser hematologi", "sending_application": APPLICATION, "sending_facility": FACILITY}
    machine = await clinic.insert("lab", "analysers", analyser)
    await clinic.insert("lab", "analyser_codes", {"analyser_id": machine, "analyser_code": "HGB", "test_code": "HB"})
    ladder = clinic.roles["admin"].table("escalation_steps")
    await ladder.update({"after_minutes": CLIMBS_AFTER_MINUTES}).eq("clinic_id", CLINIC_ID).execute()
    staff = await clinic.roles["doctor"].table("staff").select("id").execute()
    rows: list[Any] = staff.data
    await clinic.insert("doctor", "staff_contacts", {"staff_id": rows[0]["id"], "whatsapp_number": TO_THE_DOCTOR})


async def _watch(clinic: Clinic, doctor: Doctor) -> None:
    """The doctor's application is open; returns when Realtime is live."""
    live = asyncio.Event()
    channel = clinic.roles["doctor"].channel("notifications")
    channel.on_postgres_changes("INSERT", schema="public", table="notifications", callback=doctor.hear)  # type: ignore[arg-type]  # the library wants its enum's literal
    channel.on_system(lambda _message: live.set())
    await channel.subscribe()
    await asyncio.wait_for(live.wait(), 10)


async def _visit(scene: Scene, number: int, patient: int, ailment: int) -> str:
    """Somebody is with the doctor."""
    case = Case(number, patient, AILMENTS[ailment])
    visit = scene.visits[number] = await front_end.arrive(scene.clinic, case)
    await front_end.examine(scene.clinic, case, visit)
    return visit


async def call(clinic: Clinic, role: str, function: str, **arguments: Any) -> Any:
    """Call a function of the laboratory as somebody of that role."""
    return (await clinic.roles[role].rpc(function, arguments).execute()).data


async def _blood(scene: Scene, doctor: Doctor, analyser: Analyser) -> None:
    """A count that the analyser sends twice; the doctor sees it within a second; later it is corrected."""
    clinic, visit = scene.clinic, await _visit(scene, 101, 5, 0)
    asked = {"visit_id": visit, "examinations": ["CBC"], "clinical_question": "Trombosit?"}
    order = await call(clinic, "doctor", "place_order", **asked)
    await call(clinic, "nurse", "collect_specimens", order_id=order["id"])
    tube = order["specimens"][0]["accession_number"]
    scene.board.say(f"Laboratory: the doctor orders a blood count; the tube is labelled {tube}.")
    await send_twice(analyser, [Sample(tube, readings(BLOOD))])
    taken = await _results(clinic, order)
    scene.board.say(f"Laboratory: the analyser has sent {len(taken)} values, twice over; {_abnormal(taken)}.")
    verified = monotonic()
    await call(clinic, "lab", "finalize_order", order_id=order["id"])
    at, _ = await doctor.told(order, "result_final")
    scene.board.say(f"Laboratory: verified; the doctor's screen shows it after {(at - verified) * 1000:.0f} ms.")
    await front_end.finish(clinic, visit)
    corrected = [{"code": "PLT", "numeric": "196", "unit": "10*3/uL"}]
    why = "Trombosit menggumpal, dihitung ulang"
    await call(clinic, "lab", "amend_results", order_id=order["id"], results=corrected, reason=why)
    _, told = await doctor.told(order, "result_amended")
    change = told["changes"][0]
    scene.board.say(f"Laboratory: corrected; the doctor reads {change['name']} {change['before']} → {change['after']}.")


async def _salts(scene: Scene, doctor: Doctor, analyser: Analyser) -> None:
    """A potassium of 6.8: nobody answers, it climbs, and then the doctor does."""
    clinic, visit = scene.clinic, await _visit(scene, 102, 6, 2)
    order = await call(clinic, "doctor", "place_order", visit_id=visit, examinations=["LYTES"], priority="urgent")
    await call(clinic, "nurse", "collect_specimens", order_id=order["id"])
    await analyser.send(order["specimens"][0]["accession_number"], SALTS)
    await call(clinic, "lab", "finalize_order", order_id=order["id"])
    await front_end.finish(clinic, visit)
    _, told = await doctor.told(order, "result_critical")
    scene.board.say("Laboratory: a critical potassium; the doctor is told at once, and does not look.")
    await _until(scene.around.gateway.changed)
    (number, words), *_ = scene.around.gateway.told.values()
    scene.board.say(f"Laboratory: it climbs: WhatsApp to {number}: “{words}”")
    await doctor.told(order, "result_critical", step=2)
    await _until(scene.around.mailbox.changed)
    done = "Pasien dihubungi, EKG dan infus"
    await call(clinic, "doctor", "acknowledge_critical", alert_id=told["alert_id"], note=done)
    scene.board.say("Laboratory: every doctor is told, mails go out; the doctor answers, and it climbs no further.")


async def _chest(scene: Scene, doctor: Doctor) -> None:
    """A chest image: from the machine under its order by the accession number, examined, reported, with its study."""
    clinic, person = scene.clinic, UNAMBIGUOUS_PATIENTS[1]
    visit = await _visit(scene, 103, 1, 1)
    order = await call(clinic, "doctor", "place_order", visit_id=visit, examinations=["XR-THORAX"])
    await call(clinic, "lab", "start_examination", order_id=order["id"])
    number = order["items"][0]["accession_number"]
    machine = Modality(HOST, scene.around.dicom_port, AE_TITLE)
    subject = Subject(
        "000002", person.name.upper().replace(" ", "^", 1), person.birth_date.replace("-", ""), SEX[person.gender]
    )
    picture = await machine.send(number, subject)
    await _available(clinic, order)
    scene.board.say(f"Radiology: the machine has sent the image {number}; it is examined, and filed under its order.")
    told = [{"code": "XR-THORAX", "text": "Cor dan pulmo dalam batas normal."}]
    await call(clinic, "lab", "enter_results", order_id=order["id"], results=told)
    concluded = [{"code": "XR-THORAX", "conclusion": "Tidak tampak kelainan."}]
    await call(clinic, "doctor", "finalize_order", order_id=order["id"], conclusions=concluded)
    await doctor.told(order, "result_final")
    await front_end.finish(clinic, visit)
    await scene.ministry.route(number, str(picture.StudyInstanceUID))
    scene.board.say("Radiology: reported; the ministry's own router has the study, and the report will name it.")


async def _available(clinic: Clinic, order: Row) -> None:
    """Until the image has left quarantine."""
    deadline = monotonic() + SETTLED_WITHIN_S
    while monotonic() < deadline:
        files = clinic.roles["doctor"].table("result_files").select("state").eq("order_id", order["id"])
        rows: list[Any] = (await files.execute()).data
        if [row["state"] for row in rows] == ["available"]:
            return
        await asyncio.sleep(0.2)


async def _results(clinic: Clinic, order: Row) -> list[Row]:
    reply = await clinic.roles["doctor"].table("results").select("code,flag").eq("order_id", order["id"]).execute()
    rows: list[Any] = reply.data
    return rows


def _abnormal(rows: list[Row]) -> str:
    found = [f"{row['code']} is {row['flag']}" for row in rows if row["flag"] not in ("N", None)]
    return ", ".join(found) or "all are normal"


async def _until(event: asyncio.Event) -> None:
    async with asyncio.timeout(SETTLED_WITHIN_S):
        await event.wait()


async def report(scene: Scene, console: Console) -> None:
    """What SatuSehat holds of the laboratory, and what left the clinic by message."""
    kinds = ("ServiceRequest", "Specimen", "ImagingStudy", "DiagnosticReport")
    counts = [f"{len(await scene.ministry.held(kind))} {kind}" for kind in kinds]
    console.print(f"Laboratory at SatuSehat: {', '.join(counts)}.", highlight=False, soft_wrap=True)
    sent, mails = len(scene.around.gateway.told), len(scene.around.mailbox.mails)
    told = f"{sent} by WhatsApp, {mails} by e-mail"
    console.print(f"Messages about the critical result: {told}.", highlight=False, soft_wrap=True)
