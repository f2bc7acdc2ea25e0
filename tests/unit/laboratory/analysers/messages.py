"""Small messages for tests of the reader."""

from workers.laboratory.analysers.observations import Observation
from workers.laboratory.analysers.reader import Message, Refusal, read

MSH = "MSH|^~\\&|APP|LAB|KLINIK|LIS|20261124080000+0700||ORU^R01^ORU_R01|42|P|2.5.1||||||UNICODE UTF-8"
OBR = "OBR|1||L2611240012A|CBC"


def message(*segments: str, msh: str = MSH, codec: str = "utf-8") -> bytes:
    """Segments under a header, as bytes."""
    return ("\r".join([msh, *segments]) + "\r").encode(codec)


def taken(*segments: str, msh: str = MSH, codec: str = "utf-8") -> Message:
    """The same, read."""
    found = read(message(*segments, msh=msh, codec=codec))
    assert isinstance(found, Message), found
    return found


def refused(*segments: str, msh: str = MSH) -> Refusal:
    """The same, not taken."""
    found = read(message(*segments, msh=msh))
    assert isinstance(found, Refusal), found
    return found


def one(obx: str, *more: str) -> Observation:
    """The first observation of a message of one OBX."""
    return taken(OBR, obx, *more).observations[0]
