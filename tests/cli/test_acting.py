"""``simulate``, ``replay``, ``exempt`` and ``backfill``: previews change nothing, and nothing is lost or sent twice."""

from uuid import uuid4

from tests.cli.conftest import Morning
from tests.cli.desk import Desk


async def test_simulate_shows_what_would_be_sent(morning: Morning) -> None:
    """A visit that was sent has nothing left to send; a new one is one Bundle; the ministry hears nothing."""
    desk = morning.desk
    done = await desk.type("simulate", "visit", morning.good)
    assert (0, {"problems": [], "requests": []}) == (done.code, done.json)
    await desk.scene.know_everybody()
    heard = await desk.scene.last_seq()
    said = await desk.type("simulate", "visit", await desk.scene.visit())
    [request] = said.json["requests"]
    assert "Bundle" == request["body"]["resourceType"]
    assert heard == await desk.scene.last_seq()


async def test_simulate_predicts_refusals(morning: Morning) -> None:
    """Exit code 1, with rule, role, field and reason."""
    said = await morning.desk.type("simulate", "visit", morning.bad)
    assert 1 == said.code
    [problem] = said.json["problems"]
    assert {"role": "front_desk", "field": "patients.nik"}.items() <= problem.items()


async def test_simulate_wants_a_visit_there_is(desk: Desk) -> None:
    """A wrong id is said."""
    (await desk.type("simulate", "visit", str(uuid4()))).refused(2, "There is no visit")
    (await desk.type("simulate", "visit", "J1")).refused(2, "valid UUID", "workers simulate --help")
    (await desk.type("simulate", "lab", str(uuid4()))).refused(2, "KIND is one of visit, diagnostic_order, pcare_visit")


async def test_replay_previews_first(morning: Morning) -> None:
    """Without --yes nothing is changed; with it the delivery is wished anew, and not sent twice."""
    desk, name = morning.desk, str(morning.good_id)
    shown = await desk.type("replay", "--id", name)
    assert 0 == shown.code
    assert "Nothing was changed" in shown.out
    assert "delivered" == await desk.scene.state(morning.good)
    done = await desk.type("replay", "--id", name, "--yes", "--json")
    assert done.json["applied"] is True
    assert "ready" == await desk.scene.state(morning.good)
    sent = (await desk.scene.summary())["requests"]
    await desk.carry()
    assert "delivered" == await desk.scene.state(morning.good)
    assert sent == (await desk.scene.summary())["requests"]


async def test_replay_finds_more_than_one_answer_holds(morning: Morning) -> None:
    """The Data API cuts long answers off without a word."""
    scene = morning.desk.scene
    await scene.sql("""insert into integration.deliveries (target, kind, subject_id, clinic_id, service_date, state,
                                                           exempt_reason)
                       select 'satusehat', 'old', gen_random_uuid(), c.id, '2026-01-01', 'exempt', 'lama'
                         from public.clinics c, generate_series(1, 1100)""")  # fmt: skip
    done = await morning.desk.type("replay", "--state", "exempt", "--yes", "--json")
    assert 1100 == len({row["id"] for row in done.json["deliveries"]})
    assert 1100 == await scene.one("select count(*) from integration.deliveries where kind = 'old' and state = 'ready'")


async def test_replay_may_ask_first(morning: Morning) -> None:
    """--ask makes it uncertain: the target is asked what it holds."""
    await morning.desk.type("replay", "--id", str(morning.good_id), "--ask", "--yes")
    assert "uncertain" == await morning.desk.scene.state(morning.good)
    await morning.desk.carry()
    assert "delivered" == await morning.desk.scene.state(morning.good)
    assert [] == (await morning.desk.scene.summary())["duplicates"]


async def test_replay_by_state_rule_and_time(morning: Morning) -> None:
    """Each way to name deliveries finds those and no others."""
    desk = morning.desk
    rule = await desk.scene.one(
        "select problems -> 0 ->> 'rule' from integration.deliveries where id = $1", morning.bad_id
    )

    async def found(*words: str) -> list[int]:
        return [row["id"] for row in (await desk.type("replay", *words, "--json")).json["deliveries"]]

    assert [morning.bad_id] == await found("--state", "blocked")
    assert [morning.bad_id] == await found("--rule", rule)
    assert [morning.good_id, morning.bad_id] == await found("--since", "2d")
    assert [] == await found("--until", "2d")
    assert [morning.good_id] == await found("--since", "2d", "--state", "delivered")


async def test_replay_wants_to_be_told_which(desk: Desk) -> None:
    """Everything at once is never meant; a delivery there is none of is named."""
    (await desk.type("replay", "--yes")).refused(2, "--id", "--state")
    (await desk.type("replay", "--state", "leased")).refused(2, "--state is one of ready, delivered")
    (await desk.type("replay", "--since", "tomorrow")).refused(2, "--since", "'tomorrow' is no day")
    (await desk.type("replay", "--id", str(10**20))).refused(2, "--id")
    said = await desk.type("replay", "--id", "999999", "--yes")
    assert 1 == said.code
    assert "999999" in said.err


async def test_exempt_keeps_the_reason(morning: Morning) -> None:
    """Out for good, with the reason on record; a replay brings it back."""
    desk, name = morning.desk, str(morning.bad_id)
    assert 0 == (await desk.type("exempt", name, "--reason", "warga negara asing")).code
    assert "warga negara asing" in (await desk.type("show", name)).out
    await desk.type("replay", "--id", name, "--yes")
    assert "ready" == await desk.scene.state(morning.bad)


async def test_exempt_says_why_not(morning: Morning) -> None:
    """Delivered, unknown, without a reason: each its own sentence."""
    desk = morning.desk
    (await desk.type("exempt", str(morning.good_id), "--reason", "x")).refused(2, "is delivered")
    (await desk.type("exempt", "999999", "--reason", "x")).refused(2, "There is no delivery 999999")
    (await desk.type("exempt", str(morning.bad_id), "--reason", " ")).refused(2, "must say why")
    (await desk.type("exempt", str(morning.bad_id))).refused(2, "--reason")
    await desk.scene.sql("update integration.deliveries set state = 'uncertain' where id = $1", morning.bad_id)
    (await desk.type("exempt", str(morning.bad_id), "--reason", "x")).refused(2, "in flight")


async def test_backfill_adds_what_is_missing_once(desk: Desk) -> None:
    """The number first, then --yes, in batches; again there is nothing to do."""
    await desk.scene.visits(5)
    await desk.scene.sql("delete from integration.deliveries")
    preview = await desk.type("backfill", "--since", "1d")
    assert (0, True) == (preview.code, "5 finished visits" in preview.out)
    assert {} == await desk.scene.states()
    assert "Deliveries added: 5." in (await desk.type("backfill", "--since", "1d", "--yes", "--batch", "2")).out
    assert {"ready": 5} == await desk.scene.states()
    assert "Every finished visit" in (await desk.type("backfill", "--since", "1d", "--yes")).out


async def test_backfill_wants_a_day(desk: Desk) -> None:
    """No day, a wrong one, an empty batch."""
    (await desk.type("backfill")).refused(2, "--since")
    (await desk.type("backfill", "--since", "2026-02-30")).refused(2, "'2026-02-30' is no day")
    (await desk.type("backfill", "--since", "1d", "--batch", "0")).refused(2, "--batch")
