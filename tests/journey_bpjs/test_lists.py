"""BPJS's lists: fetched whole where they are short, looked up where they are long, mapped where names agree."""

from tests.journey.stage import CLINIC_ID
from tests.journey_bpjs.stage import ACTIVE, Counter
from workers.app import built
from workers.bpjs.synchronize import everything

LISTED = "select kind, count(*)::integer from public.bpjs_references group by 1"


async def sync(counter: Counter) -> dict[str, int | None]:
    """Fetch everything now; entries by list."""
    async with built(counter.settings()) as app:
        return {one.kind: one.entries async for one in everything(app.deliveries, app.bpjs, app.settings)}


async def test_the_same_name_is_mapped_and_no_other(counter: Counter) -> None:
    """Poli Umum and dr. Alexander are found; the dentist's poli has another name there and waits for the admin."""
    await sync(counter)
    rows = await counter.sql(
        """select m.kind, m.code, coalesce(l.code, m.local_id) as thing from integration.mappings m
             left join public.locations l on l.id::text = m.local_id order by 1, 2"""
    )
    mapped = {(row["kind"], row["code"]): row["thing"] for row in rows}
    assert "POLI-UMUM" == mapped["bpjs_poli", "001"]
    assert "POLI-GIGI" not in mapped.values()
    assert ("bpjs_doctor", "140001") in mapped


async def test_the_words_of_the_list_decide_not_its_codes(counter: Counter) -> None:
    """Facilities disagree on whether 3 or 4 means going home: whichever it is here, the mapping follows."""
    for home, referred in (("3", "4"), ("4", "3")):
        await counter.settle(discharge=home)
        await counter.sql("delete from integration.mappings where kind = 'bpjs_disposition'")
        await sync(counter)
        rows = await counter.sql("select local_id, code from integration.mappings where kind = 'bpjs_disposition'")
        assert {"home": home, "referred": referred}.items() <= {row["local_id"]: row["code"] for row in rows}.items()


async def test_a_mapping_made_by_a_person_stays(counter: Counter) -> None:
    """The daily refresh fills gaps and changes nothing."""
    await counter.sql(
        """insert into integration.mappings (clinic_id, kind, local_id, code, display)
           select $1, 'bpjs_poli', id::text, '003', 'KIA' from public.locations where code = 'POLI-UMUM'""", CLINIC_ID,
    )  # fmt: skip
    await sync(counter)
    assert "003" == await counter.one(
        """select m.code from integration.mappings m join public.locations l on l.id::text = m.local_id
            where l.code = 'POLI-UMUM' and m.kind = 'bpjs_poli'""")  # fmt: skip


async def test_drugs_and_diagnoses_are_looked_up(counter: Counter) -> None:
    """What the clinic has and wrote is found in the long lists, with what BPJS says of it."""
    await counter.sql("insert into public.drugs (clinic_id, code, name) values ($1, 'A', 'Amlodipin 5 mg')", CLINIC_ID)
    await counter.visit(await counter.registers(ACTIVE), with_drug=False)
    await sync(counter)
    drugs = await counter.sql("select name from public.bpjs_references where kind = 'drug'")
    assert any("mlodipin" in row["name"] for row in drugs)
    (flag,) = await counter.sql(
        "select details ->> 'nonSpesialis' from public.bpjs_references where kind = 'diagnosis' and code = 'J06.9'"
    )
    assert "true" == flag[0]


async def test_a_list_that_cannot_be_had_keeps_the_old_one(counter: Counter) -> None:
    """An outage empties nothing, and says which lists are old."""
    await sync(counter)
    before = {row[0]: row[1] for row in await counter.sql(LISTED)}
    await counter.behave({"match": {}, "effect": {"kind": "outage"}})
    assert {None} == set((await sync(counter)).values())
    assert before == {row[0]: row[1] for row in await counter.sql(LISTED)}
