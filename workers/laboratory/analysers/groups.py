"""Which OBX belongs to which OBR, SPM, ORC and PID: the order of the segments says so (HL7 v2.5.1 §7.3.1)."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from workers.laboratory.analysers.segments import Segment


@dataclass(slots=True)
class Reported:
    """An OBX and the notes below it."""

    obx: Segment
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Group:
    """The results under one OBR; without an OBR, those that came before any."""

    patient: Segment | None
    order: Segment | None
    request: Segment | None
    specimens: list[Segment]
    notes: list[str]
    reported: list[Reported] = field(default_factory=list)


class _Walk:
    """Reads segments one after the other."""

    def __init__(self) -> None:
        self.groups: list[Group] = []
        self._begin(None)

    def _begin(self, patient: Segment | None) -> None:
        """A patient: nothing said of the one before holds any more."""
        self._patient = patient
        self._order: Segment | None = None
        self._specimens: list[Segment] = []
        self._of_patient: list[str] = []
        self._pending: list[str] = []
        self._group: Group | None = None
        self._leading = self._asked = False
        self._last = ""

    def take(self, segment: Segment) -> None:
        """One segment; those that say nothing of a result are passed over."""
        match segment.id:
            case "PID":
                self._begin(segment)
            case "ORC":
                self._order, self._group = segment, None
            case "OBR":
                self._open(segment)
            case "SPM":
                self._specimen(segment)
            case "OBX":
                group = self._group or self._open(None)
                group.reported.append(Reported(segment))
            case "NTE":
                self._note(segment)
                return
            case _:
                pass
        self._last = segment.id

    def _open(self, request: Segment | None) -> Group:
        notes = [*self._of_patient, *self._pending]
        self._group = Group(self._patient, self._order, request, list(self._specimens), notes)
        self.groups.append(self._group)
        self._asked, self._order = True, None  # an ORC is of one OBR
        if not self._leading:
            self._specimens, self._pending = [], []
        return self._group

    def _specimen(self, spm: Segment) -> None:
        """ORU^R01 puts the SPM below its OBR; a sender whose first stands above puts all of them above."""
        self._leading = self._leading or not self._asked
        if self._group is not None and not self._leading:
            self._group.specimens.append(spm)
            return
        if self._last != "SPM":
            self._specimens, self._pending = [], []
        self._specimens.append(spm)
        self._group = None

    def _note(self, note: Segment) -> None:
        text = "\n".join(note.wholes(3))
        if not text:
            return
        if self._group is None:
            (self._pending if self._last in {"SPM", "ORC"} else self._of_patient).append(text)
        elif self._last == "OBX":
            self._group.reported[-1].notes.append(text)
        else:
            self._group.notes.append(text)


def grouped(segments: Iterable[Segment]) -> list[Group]:
    """The groups of a message, in its order."""
    walk = _Walk()
    for segment in segments:
        walk.take(segment)
    return walk.groups
