"""Bodies that must be accepted, made anew for every test."""

from typing import Any

CARD = "8000000000011"
OTHER_CARD = "8000000000044"
Json = dict[str, Any]

VITALS = {
    "sistole": 124,
    "diastole": 82,
    "beratBadan": 61,
    "tinggiBadan": 158,
    "respRate": 19,
    "heartRate": 77,
    "lingkarPerut": 80,
}


def registration(day: str, card: str = CARD, **changes: Any) -> Json:
    """One sick outpatient of the general poli; day is dd-mm-yyyy."""
    return {
        "kdProviderPeserta": "0114A001",
        "tglDaftar": day,
        "noKartu": card,
        "kdPoli": "001",
        "keluhan": "pusing",
        "kunjSakit": True,
        **VITALS,
        "rujukBalik": 0,
        "kdTkp": "10",
        **changes,
    }


def visit(day: str, card: str = CARD, **changes: Any) -> Json:
    """The visit that belongs to it."""
    return {
        "noKunjungan": None,
        "noKartu": card,
        "tglDaftar": day,
        "kdPoli": "001",
        "keluhan": "pusing",
        "anamnesa": "pusing sejak pagi",
        "kdSadar": "01",
        **VITALS,
        "suhu": "36.8",
        "kdStatusPulang": "3",
        "tglPulang": day,
        "kdDokter": "140001",
        "kdDiag1": "I10",
        "kdDiag2": None,
        "kdDiag3": None,
        "kdPoliRujukInternal": None,
        "rujukLanjut": None,
        "kdTacc": -1,
        "alasanTacc": None,
        "alergiMakan": "00",
        "alergiUdara": "00",
        "alergiObat": "00",
        "kdPrognosa": "02",
        "terapiObat": "Amlodipin 1x1",
        "terapiNonObat": "Kurangi garam",
        "bmhp": "-",
        **changes,
    }


def referral(day: str, **changes: Any) -> Json:
    """A referral to a subspecialist."""
    return {
        "tglEstRujuk": day,
        "kdppk": "0114R001",
        "subSpesialis": {"kdSubSpesialis1": "41", "kdSarana": None},
        "khusus": None,
        **changes,
    }


def referred(day: str, card: str = CARD, **changes: Any) -> Json:
    """A visit that ends with a referral to a cardiologist."""
    ends = {"kdStatusPulang": "4", "kdDiag1": "I50.0", "rujukLanjut": referral(day)}
    return visit(day, card, **{**ends, **changes})


def procedure(number: str, **changes: Any) -> Json:
    """A procedure on a visit."""
    row = {"kdTindakanSK": 0, "noKunjungan": number, "kdTindakan": "10109", "biaya": 30000, "keterangan": "-"}
    return {**row, "hasil": 0, **changes}


def drug(number: str, **changes: Any) -> Json:
    """A drug on a visit."""
    return {
        "kdObatSK": 0,
        "noKunjungan": number,
        "racikan": False,
        "kdRacikan": None,
        "obatDPHO": True,
        "kdObat": "140100002",
        "signa1": 1,
        "signa2": 1,
        "jmlObat": 30,
        "jmlPermintaan": 30,
        "nmObatNonDPHO": None,
        **changes,
    }


def checkup(number: str, day: str, **changes: Any) -> Json:
    """A laboratory result on a visit."""
    pressures = {"tekananDarahSistole": 124, "tekananDarahDiastole": 82}
    return {"kdMCU": 0, "noKunjungan": number, "tglPelayanan": day, **pressures, "gulaDarahPuasa": 95, **changes}


def queued(day: str, **changes: Any) -> Json:
    """An entry of a clinic's queue; day is ISO."""
    return {
        "nomorkartu": CARD,
        "nik": "8801014501800001",
        "nohp": "0800000001",
        "kodepoli": "001",
        "namapoli": "POLI UMUM",
        "norm": "RM-7",
        "tanggalperiksa": day,
        "kodedokter": 140001,
        "namadokter": "dr. Alexander",
        "jampraktek": "08:00-14:00",
        "nomorantrean": "U-3",
        "angkaantrean": 3,
        "keterangan": "",
        **changes,
    }


def sep(day: str, referral: Json | None = None, **changes: Any) -> Json:
    """A SEP for the internist's outpatients on a referral of the control door; day is ISO."""
    letter = referral or {"number": "", "day": "", "origin": "", "card": CARD}
    accident = {"tglKejadian": "", "keterangan": "", "suplesi": {"suplesi": "0", "noSepSuplesi": ""}}
    return {
        "noKartu": letter["card"],
        "tglSep": day,
        "ppkPelayanan": "0114R001",
        "jnsPelayanan": "2",
        "klsRawat": {"klsRawatHak": "3", "klsRawatNaik": "", "pembiayaan": "", "penanggungJawab": ""},
        "noMR": "RM-7",
        "rujukan": {
            "asalRujukan": "1",
            "tglRujukan": letter["day"],
            "noRujukan": letter["number"],
            "ppkRujukan": letter["origin"],
        },
        "catatan": "",
        "diagAwal": "E11.9",
        "poli": {"tujuan": "INT", "eksekutif": "0"},
        "cob": {"cob": "0"},
        "katarak": {"katarak": "0"},
        "jaminan": {"lakaLantas": "0", "noLP": "", "penjamin": accident},
        "tujuanKunj": "0",
        "flagProcedure": "",
        "kdPenunjang": "",
        "assesmentPel": "",
        "skdp": {"noSurat": "", "kodeDPJP": ""},
        "dpjpLayan": "140101",
        "noTelp": "0800000001",
        "user": "loket",
        **changes,
    }


def inpatient(day: str, **changes: Any) -> Json:
    """A SEP for a bed, without referral."""
    said = {"jnsPelayanan": "1", "dpjpLayan": "", "poli": {"tujuan": "", "eksekutif": "0"}}
    return sep(day, **{**said, **changes})


def lpk(number: str, day: str, **changes: Any) -> Json:
    """The claim's paper for a SEP."""
    return {
        "noSep": number,
        "tglMasuk": day,
        "tglKeluar": day,
        "jaminan": "1",
        "poli": {"poli": "INT"},
        "perawatan": {
            "ruangRawat": "3",
            "kelasRawat": "5",
            "spesialistik": "1",
            "caraKeluar": "1",
            "kondisiPulang": "2",
        },
        "diagnosa": [{"kode": "E11.9", "level": "1"}, {"kode": "I10", "level": "2"}],
        "procedure": [{"kode": "89.52"}],
        "rencanaTL": {
            "tindakLanjut": "1",
            "dirujukKe": {"kodePPK": ""},
            "kontrolKembali": {"tglKontrol": "", "poli": ""},
        },
        "DPJP": "140101",
        "user": "loket",
        **changes,
    }


def booking(day: str, moment: int, **changes: Any) -> Json:
    """A booking of a known member at a hospital; day is ISO, the moment in milliseconds."""
    return {
        "kodebooking": "B-77",
        "jenispasien": "JKN",
        "nomorkartu": CARD,
        "nik": "8801014501800001",
        "nohp": "0800000001",
        "kodepoli": "INT",
        "namapoli": "PENYAKIT DALAM",
        "pasienbaru": 0,
        "norm": "RM-7",
        "tanggalperiksa": day,
        "kodedokter": 140101,
        "namadokter": "dr. Syarifuddin, Sp.PD",
        "jampraktek": "08:00-14:00",
        "jeniskunjungan": 1,
        "nomorreferensi": "0114A0020526P000001",
        "nomorantrean": "I-3",
        "angkaantrean": 3,
        "estimasidilayani": moment,
        "sisakuotajkn": 9,
        "kuotajkn": 20,
        "sisakuotanonjkn": 9,
        "kuotanonjkn": 20,
        "keterangan": "",
        **changes,
    }
