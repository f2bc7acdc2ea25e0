"""Antrean RS, from the hospital to BPJS (reference 6.3). What a hospital hosts itself is not played here."""

from typing import Any, Final

from sandbox.bpjs.answer import Answer
from sandbox.bpjs.insurer import Ask, Handler
from sandbox.bpjs.queues.checks import accepted, listed, refused, wrong_day, wrong_field, wrong_time
from sandbox.bpjs.queues.fktp import HOURS
from sandbox.bpjs.records import Held
from sandbox.bpjs.routing import Path
from sandbox.bpjs.vclaim.membership import peserta
from sandbox.door.ledger import Json

KIND: Final = "booking"
CANCELLED: Final = 99
_TASKS: Final = {
    1: "mulai waktu tunggu admisi",
    2: "akhir waktu tunggu admisi",
    3: "mulai waktu tunggu poli",
    4: "akhir waktu tunggu poli",
    5: "akhir waktu layan poli",
    6: "mulai waktu layan farmasi",
    7: "akhir waktu obat selesai dibuat",
    CANCELLED: "tidak hadir atau batal",
}
_FIELDS: Final = {
    **dict.fromkeys(("kodebooking", "jenispasien", "nomorkartu", "nik", "nohp", "kodepoli", "namapoli"), "text"),
    **dict.fromkeys(("norm", "tanggalperiksa", "namadokter", "jampraktek", "nomorreferensi"), "text"),
    **dict.fromkeys(("nomorantrean", "keterangan"), "text"),
    **dict.fromkeys(("pasienbaru", "kodedokter", "jeniskunjungan", "angkaantrean", "estimasidilayani"), "int"),
    **dict.fromkeys(("sisakuotajkn", "kuotajkn", "sisakuotanonjkn", "kuotanonjkn"), "int"),
}
_UNKNOWN: Final = refused("Kode booking tidak ditemukan")


def _polis(ask: Ask) -> Answer:
    rows = [_poli(row) for row in ask.catalogue["specialties"]]
    return listed(ask, rows, ask.switches.hospital_reference_code)


def _poli(row: Json) -> Json:
    code, name = row["kdSpesialis"], row["nmSpesialis"]
    return {"nmpoli": name, "nmsubspesialis": name, "kdsubspesialis": code, "kdpoli": code}


def _doctors(ask: Ask) -> Answer:
    rows = [{"namadokter": row["nama"], "kodedokter": int(row["kode"])} for row in ask.catalogue["specialists"]]
    return listed(ask, rows, ask.switches.hospital_reference_code)


def _schedule(ask: Ask) -> Answer:
    """Answer `jadwaldokter/kodepoli/{}/tanggal/{}`."""
    wrong = wrong_day(ask, ask.params["day"], past=True)
    if wrong is not None:
        return refused(wrong)
    rows = [
        {
            "kodesubspesialis": row["poli"],
            "hari": 1,
            "kapasitaspasien": 30,
            "libur": 0,
            "namahari": "SENIN",
            "jadwal": HOURS,
            "namasubspesialis": row["poli"],
            "namadokter": row["nama"],
            "kodepoli": row["poli"],
            "namapoli": row["poli"],
            "kodedokter": int(row["kode"]),
        }
        for row in ask.catalogue["specialists"]
        if row["poli"] == ask.params["poli"]
    ]
    return listed(ask, rows, 200) if rows else refused("Jadwal tidak ditemukan")


def _fingerprint(ask: Ask) -> Answer:
    """Answer `ref/pasien/fp/identitas/{nik|noka}/noidentitas/{}`."""
    find = ask.members.with_nik if ask.params["kind"].lower() == "nik" else ask.members.with_card
    one = find(ask.params["number"])
    if one is None:
        return refused("Peserta tidak ditemukan")
    shown = peserta(one, ask.catalogue, ask.today, ask.today)
    row = {"nomorkartu": one.card, "nik": one.nik, "tgllahir": shown["tglLahir"], "daftarfp": 1}
    return Answer(ask.switches.hospital_reference_code, "Ok", row)


def add(ask: Ask) -> Answer:
    """Answer `POST antrean/add`; the key is the booking code."""
    body = ask.body
    wrong = wrong_field(body, _FIELDS) or wrong_day(ask, body["tanggalperiksa"], past=False) or _wrong(ask, body)
    if wrong is not None:
        return refused(wrong)
    key = _id(ask, body["kodebooking"])
    if ask.switches.duplicate_guard and ask.records.keyed(KIND, key):
        return refused("Terdapat duplikasi Kode Booking")
    count = len(ask.records.keyed(KIND, key))
    ask.records.add(KIND, key if not count else f"{key}|{count}", _begun(body), ask.facility.code, key)
    return accepted()


def _begun(body: Json) -> Json:
    return {**body, "tasks": [], "batal": None, "farmasi": None}


def _id(ask: Ask, code: Any) -> str:
    return f"{ask.facility.code}|{code}"


def _wrong(ask: Ask, body: Json) -> str | None:
    member = body["jenispasien"] == "JKN"
    if not member and body["jenispasien"] != "NON JKN":
        return "jenispasien harus JKN atau NON JKN"
    if body["pasienbaru"] not in (0, 1) or body["jeniskunjungan"] not in (1, 2, 3, 4):
        return "pasienbaru atau jeniskunjungan tidak sesuai"
    return _unknown(ask, body) or (_wrong_member(ask, body) if member else None) or wrong_time(body["estimasidilayani"])


def _unknown(ask: Ask, body: Json) -> str | None:
    if ask.catalogue.find("specialties", "kdSpesialis", body["kodepoli"]) is None:
        return "Poli tidak ditemukan"
    doctor = ask.catalogue.find("specialists", "kode", str(body["kodedokter"]))
    return "Dokter tidak ditemukan" if doctor is None else None


def _wrong_member(ask: Ask, body: Json) -> str | None:
    if ask.members.with_card(body["nomorkartu"]) is None:
        return "Nomor kartu tidak ditemukan"
    return None if body["nomorreferensi"] else "nomorreferensi wajib diisi untuk pasien JKN"


def _booking(ask: Ask, code: Any) -> Held | None:
    return ask.records.get(KIND, _id(ask, code))


def advance(ask: Ask) -> Answer:
    """Answer `POST antrean/updatewaktu`: tasks and times only go forward."""
    task, moment = ask.body.get("taskid"), ask.body.get("waktu")
    held = _booking(ask, ask.body.get("kodebooking"))
    if held is None:
        return _UNKNOWN
    wrong = wrong_field(ask.body, {"taskid": "int"}) or wrong_time(moment)
    wrong = wrong or _out_of_turn(held.body, task, moment, gaps=ask.switches.task_gaps)
    if wrong is not None:
        return refused(wrong)
    ask.records.change(held, {**held.body, "tasks": [*held.body["tasks"], {"taskid": task, "waktu": moment}]})
    return accepted()


def _out_of_turn(booking: Json, task: Any, moment: Any, *, gaps: bool) -> str | None:
    done: list[Json] = booking["tasks"]
    if task not in _TASKS or (task < 3 and booking["pasienbaru"] == 0):
        return "taskid tidak sesuai"
    if booking["batal"] is not None or (done and done[-1]["taskid"] == CANCELLED):
        return "Antrean sudah dibatalkan"
    if done and task <= done[-1]["taskid"]:
        return f"TaskId={task} sudah ada" if task == done[-1]["taskid"] else "taskid terakhir lebih besar"
    if done and moment <= done[-1]["waktu"]:
        return "Waktu tidak boleh kurang atau sama dengan waktu sebelumnya"
    return None if task == CANCELLED or gaps else _gap(booking, task)


def _gap(booking: Json, task: int) -> str | None:
    done, first = booking["tasks"], 1 if booking["pasienbaru"] == 1 else 3
    wanted = done[-1]["taskid"] + 1 if done else first
    return f"TaskId={wanted} belum ada" if task != wanted else None


def tasks(ask: Ask) -> Answer:
    """Answer `POST antrean/getlisttask`."""
    code = ask.body.get("kodebooking")
    held = _booking(ask, code)
    if held is None:
        return _UNKNOWN
    rows = [
        {"wakturs": row["waktu"], "waktu": row["waktu"], "taskname": _TASKS[row["taskid"]], "taskid": row["taskid"]}
        for row in held.body["tasks"]
    ]
    return listed(ask, [{**row, "kodebooking": code} for row in rows], 200) if rows else refused("Belum ada task")


def cancel(ask: Ask) -> Answer:
    """Answer `POST antrean/batal`."""
    reason = ask.body.get("keterangan")
    held = _booking(ask, ask.body.get("kodebooking"))
    if held is None or held.body["batal"] is not None:
        return _UNKNOWN if held is None else refused("Antrean sudah dibatalkan")
    if not isinstance(reason, str) or not reason:
        return refused("keterangan wajib diisi")
    if any(row["taskid"] >= 4 for row in held.body["tasks"]):
        return refused("Pasien sudah dilayani, antrean tidak dapat dibatalkan")
    ask.records.change(held, {**held.body, "batal": reason})
    return accepted()


def pharmacy(ask: Ask) -> Answer:
    """Answer `POST antrean/farmasi/add`."""
    body = ask.body
    held = _booking(ask, body.get("kodebooking"))
    if held is None:
        return _UNKNOWN
    wrong = wrong_field(body, {"jenisresep": "text", "nomorantrean": "int", "keterangan": "text"})
    if wrong is not None or held.body["farmasi"] is not None:
        return refused(wrong or "Antrean farmasi sudah ada")
    ask.records.change(held, {**held.body, "farmasi": body})
    return accepted()


def bookings(ask: Ask) -> Answer:
    """Answer `antrean/pendaftaran/tanggal/{}`, `/kodebooking/{}` and `/aktif`."""
    rows = [one.body for one in ask.records.of(KIND) if one.facility == ask.facility.code]
    for name, param in (("tanggalperiksa", "day"), ("kodebooking", "code")):
        if param in ask.params:
            rows = [row for row in rows if row[name] == ask.params[param]]
    if not ask.params:
        rows = [row for row in rows if row["batal"] is None and 5 not in [one["taskid"] for one in row["tasks"]]]
    return listed(ask, [_shown(row) for row in rows], 200) if rows else refused("Data tidak ditemukan")


def _shown(row: Json) -> Json:
    names = ("kodebooking", "kodepoli", "kodedokter", "jampraktek", "nik", "nokapst", "nohp", "norekammedis")
    known = {**row, "nokapst": row["nomorkartu"], "norekammedis": row["norm"]}
    served = 5 in [one["taskid"] for one in row["tasks"]]
    status = "Batal" if row["batal"] is not None else "Selesai dilayani" if served else "Belum dilayani"
    shown = {name: known[name] for name in names}
    return {**shown, "tanggal": row["tanggalperiksa"], "noantrean": row["nomorantrean"], "status": status}


def dashboard(ask: Ask) -> Answer:
    """Answer `dashboard/waktutunggu/…`, in plain text (reference 2.2): how many, not how long."""
    prefix = ask.params.get("day") or f"{ask.params['year']}-{ask.params['month'].zfill(2)}"
    rows = [one.body for one in ask.records.of(KIND) if one.facility == ask.facility.code]
    rows = [row for row in rows if row["tanggalperiksa"].startswith(prefix)]
    if not rows:
        return refused("Data tidak ditemukan")
    shown = [
        {"kdppk": ask.facility.code, "kodepoli": poli, "jumlah_antrean": [row["kodepoli"] for row in rows].count(poli)}
        for poli in sorted({row["kodepoli"] for row in rows})
    ]
    return Answer(200, "Ok", {"list": shown}, sealed=False)


def reschedule(ask: Ask) -> Answer:
    """Answer `POST jadwaldokter/updatejadwaldokter`: taken note of, as a person approves it."""
    wrong = wrong_field(ask.body, {"kodepoli": "text", "kodesubspesialis": "text", "kodedokter": "int"})
    hours = ask.body.get("jadwal")
    if wrong is not None or not isinstance(hours, list) or not hours:
        return refused(wrong or "jadwal tidak sesuai format")
    key = f"{ask.facility.code}|{ask.body['kodepoli']}|{ask.body['kodedokter']}"
    one_id = f"{key}|{ask.records.number('schedule')}"
    ask.records.add("schedule", one_id, ask.body, ask.facility.code, one_id)
    return accepted()


_WAIT: Final = "dashboard/waktutunggu"
_LIST: Final = "antrean/pendaftaran"
PATHS: Final[list[Path[Handler]]] = [
    Path("GET", "ref/poli", _polis),
    Path("GET", "ref/dokter", _doctors),
    Path("GET", "ref/poli/fp", _polis),
    Path("GET", "ref/pasien/fp/identitas/{kind}/noidentitas/{number}", _fingerprint),
    Path("GET", "jadwaldokter/kodepoli/{poli}/tanggal/{day}", _schedule),
    Path("POST", "jadwaldokter/updatejadwaldokter", reschedule),
    Path("POST", "antrean/add", add),
    Path("POST", "antrean/farmasi/add", pharmacy),
    Path("POST", "antrean/updatewaktu", advance),
    Path("POST", "antrean/getlisttask", tasks),
    Path("POST", "antrean/batal", cancel),
    Path("GET", f"{_LIST}/tanggal/{{day}}", bookings),
    Path("GET", f"{_LIST}/kodebooking/{{code}}", bookings),
    Path("GET", f"{_LIST}/aktif", bookings),
    Path("GET", f"{_WAIT}/tanggal/{{day}}/waktu/{{kind}}", dashboard),
    Path("GET", f"{_WAIT}/bulan/{{month}}/tahun/{{year}}/waktu/{{kind}}", dashboard),
]
