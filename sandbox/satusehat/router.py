"""The DICOM router: takes images in, and makes their ImagingStudy once the request is held (reference 3.11).

Facilities only read an ImagingStudy. Images are matched by accession number; images that come before
their ServiceRequest are kept, as the router's own queue keeps them.
"""

import uuid
from dataclasses import dataclass
from typing import Final

from sandbox.door.ledger import Effect
from sandbox.satusehat.config import Config
from sandbox.satusehat.diagnostics import SYS, accession_number, modality
from sandbox.satusehat.dialects import Json
from sandbox.satusehat.store import Held, Store, dress

_DCM: Final = "http://dicom.nema.org/resources/ontology/DCM"
_ACSN: Final = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "ACSN"}]}
_IMAGE: Final = {"system": "urn:ietf:rfc:3986", "code": "urn:oid:1.2.840.10008.5.1.4.1.1.1"}


@dataclass(frozen=True, slots=True)
class Images:
    """The images of one study, as a modality sent them."""

    organization: str
    accession_number: str
    study_uid: str
    modality: str
    instances: int

    @property
    def key(self) -> tuple[str, str]:
        """Give what they are matched by."""
        return self.organization, self.accession_number


def images_of(wish: object) -> Images:
    """Read a wish at the control door; raises ValueError naming what is wrong with it."""
    wish = wish if isinstance(wish, dict) else {}
    words = {name: wish.get(name) for name in ("organization", "accession_number", "study_uid", "modality")}
    wrong = [name for name, value in words.items() if not isinstance(value, str) or not value.strip()]
    instances = wish.get("instances", 1)
    if not isinstance(instances, int) or instances < 1:
        wrong.append("instances")
    if wrong or wish.keys() - {*words, "instances"}:
        raise ValueError(f"cannot be used: {', '.join(wrong or sorted(wish.keys() - {*words, 'instances'}))}")
    return Images(**{name: str(value) for name, value in words.items()}, instances=instances)


class Router:
    """Makes studies; ``after_ms`` makes one by itself so long after each request for images, None makes none."""

    def __init__(self, config: Config, store: Store, after_ms: float | None) -> None:
        """Serve a store."""
        self.after_ms = after_ms
        self._config = config
        self._store = store
        self._kept: list[Images] = []
        self._due: list[tuple[float, Images]] = []

    def take(self, images: Images) -> Held | None:
        """Take images in; gives the study when its request is held already, None when they are kept for it."""
        request = self._request(images)
        if request is None:
            self._kept.append(images)
            return None
        return self._study(images, request)

    def arrived(self, effects: tuple[Effect, ...]) -> None:
        """Look at what was just created: images may wait for it, and by itself it may get some."""
        for effect in effects:
            held = self._store.get(effect.type, effect.id)
            if effect.type != "ServiceRequest" or effect.version != 1 or held is None:
                continue
            number = accession_number(held.parsed())
            if number is None:
                continue
            waiting = [images for images in self._kept if images.key == number]
            self._kept = [images for images in self._kept if images.key != number]
            for images in waiting:
                self._study(images, held)
            self._promise(number, held.parsed(), bool(waiting))

    def _promise(self, number: tuple[str, str], request: Json, have: bool) -> None:
        kind = modality(request)
        if self.after_ms is not None and kind is not None and not have:
            at = self._config.clock() + self.after_ms / 1000
            self._due.append((at, Images(*number, f"2.25.{uuid.uuid4().int}", kind, 1)))

    def catch_up(self) -> None:
        """Make the studies whose time has come; whoever looks at the store calls it first."""
        now = self._config.clock()
        due = [images for at, images in self._due if at <= now]
        self._due = [(at, images) for at, images in self._due if at > now]
        for images in due:
            self.take(images)

    @property
    def kept(self) -> int:
        """Count the studies whose request is not held."""
        return len(self._kept)

    def _request(self, images: Images) -> Held | None:
        key = f"{SYS}acsn/{images.organization}|{images.accession_number}"
        for held in self._store.with_identifier("ServiceRequest", key):
            if held.parsed().get("status") != "entered-in-error":
                return held
        return None

    def _study(self, images: Images, request: Held) -> Held:
        """Write the ImagingStudy; the same study again is its next version."""
        body = _resource(images, request.parsed(), request.id)
        stamp = self._store.stamp(self._config.clock())
        dress(body, request.organization, creator=self._config.creator_identifier)
        same = self._store.with_identifier("ImagingStudy", f"urn:dicom:uid|urn:oid:{images.study_uid}")
        if same:
            return self._store.put(same[0].id, body, request.organization, stamp, 0.0)
        return self._store.create(body, request.organization, stamp, 0.0)


def _resource(images: Images, order: Json, order_id: str) -> Json:
    kind = {"system": _DCM, "code": images.modality}
    started = order.get("occurrenceDateTime")
    series = {
        "instance": [
            {"number": number, "sopClass": _IMAGE, "uid": f"{images.study_uid}.1.{number}"}
            for number in range(1, images.instances + 1)
        ],
        "modality": kind,
        "number": 1,
        "numberOfInstances": images.instances,
        "uid": f"{images.study_uid}.1",
    }
    acsn = {
        "system": f"{SYS}acsn/{images.organization}",
        "type": _ACSN,
        "use": "usual",
        "value": images.accession_number,
    }
    body: Json = {
        "resourceType": "ImagingStudy",
        "identifier": [acsn, {"system": "urn:dicom:uid", "value": f"urn:oid:{images.study_uid}"}],
        "status": "available",
        "modality": [kind],
        "subject": order["subject"],
        "basedOn": [{"reference": f"ServiceRequest/{order_id}"}],
        "interpreter": order.get("performer", []),
        "numberOfInstances": images.instances,
        "numberOfSeries": 1,
        "series": [series],
    }
    return {**body, "started": started} if started else body
