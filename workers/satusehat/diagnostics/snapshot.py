"""What a worker knows about one order, read from the JSON of ``integration.diagnostic_order_snapshot``."""

from typing import Any, Literal

from workers.satusehat.facts import Fact, Moment, Number, Snapshot, Words, understood

Priority = Literal["routine", "urgent", "asap", "stat"]
Flag = Literal["N", "L", "H", "LL", "HH", "A", "AA"]


class OrderedVisit(Fact):
    """The visit during which it was ordered."""

    id: str
    status: str
    practitioner_id: str | None = None


class Order(Fact):
    """What the doctor asked, and how far it is."""

    id: str
    accession_number: str
    category: Literal["laboratory", "imaging"]
    state: str
    priority: Priority = "routine"
    clinical_question: Words = None
    fasting: bool | None = None
    pregnant: bool = False
    ordered_at: Moment
    practitioner_id: str | None = None
    """Who asks."""
    performer_id: str | None = None
    """Who answers for the results."""
    final_at: Moment | None = None
    amended_at: Moment | None = None
    cancelled_at: Moment | None = None
    diagnosis_code: str | None = None
    diagnosis_name: Words = None


class Specimen(Fact):
    """One tube or cup; several items may be examined in it."""

    id: str
    accession_number: str
    type_code: str | None = None
    type_display: Words = None
    collected_at: Moment | None = None
    received_at: Moment | None = None
    collector_id: str | None = None
    method_code: str | None = None
    method_display: Words = None
    body_site_code: str | None = None
    body_site_display: Words = None
    fasting: bool | None = None
    note: Words = None


class Examination(Fact):
    """The catalogue's definition of what was ordered, in the version that was ordered."""

    id: str
    code: str
    name: Words = None
    kind: Literal["test", "panel", "imaging"]
    loinc_code: str | None = None
    loinc_display: Words = None
    kptl_code: str | None = None
    kptl_display: Words = None
    section_code: str | None = None
    section_display: Words = None
    modality: str | None = None
    body_site_code: str | None = None
    body_site_display: Words = None


class Result(Fact):
    """What was found for one analyte, in its current version; ``id`` is that of the first."""

    id: str
    examination_id: str | None = None
    code: str
    name: Words = None
    loinc_code: str | None = None
    loinc_display: Words = None
    value_type: Literal["numeric", "coded", "text"]
    value_numeric: Number | None = None
    comparator: Literal["<", "<=", ">", ">="] | None = None
    unit: str | None = None
    value_code: str | None = None
    value_display: Words = None
    value_system: str | None = None
    value_text: Words = None
    flag: Flag | None = None
    range_low: Number | None = None
    range_high: Number | None = None
    range_text: Words = None
    corrected: bool = False
    observed_at: Moment
    issued_at: Moment | None = None
    practitioner_id: str | None = None
    position: int = 1
    comment: Words = None


class Item(Fact):
    """One test, panel or imaging procedure of the order."""

    id: str
    accession_number: str | None = None
    specimen_id: str | None = None
    state: Literal["final", "cancelled"]
    examination: Examination
    conclusion: Words = None
    conclusion_code: str | None = None
    conclusion_display: Words = None
    study_uid: str | None = None
    amended: bool = False
    """Whether its results or conclusion were changed after they were final."""
    performed_at: Moment | None = None
    results: tuple[Result, ...] = ()


class OrderSnapshot(Snapshot):
    """All the facts of one order."""

    visit: OrderedVisit
    order: Order
    specimens: tuple[Specimen, ...] = ()
    items: tuple[Item, ...] = ()

    @property
    def standing(self) -> tuple[Item, ...]:
        """The items that were done, in the order they were asked."""
        return tuple(item for item in self.items if item.state != "cancelled")

    @property
    def taken_back(self) -> bool:
        """Whether nothing of it is to be told any more: the order or its visit did not take place."""
        return self.order.state == "cancelled" or self.visit.status == "cancelled" or not self.standing

    @property
    def reported(self) -> bool:
        """Whether its results may be told."""
        return self.order.state in ("final", "amended")


def parse(json: Any) -> OrderSnapshot:
    """Read an order's snapshot; raises MappingError naming every wrong field."""
    return understood(OrderSnapshot, json)
