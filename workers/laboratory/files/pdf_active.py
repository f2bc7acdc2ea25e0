"""What a PDF can do besides being read, and its removal (FILE-5).

Every dictionary of the file is looked at, wherever it hangs and whatever type it claims: readers differ in
what they follow. What cannot be removed is found again by ``remains`` in the written copy.
"""

from collections.abc import Iterator
from typing import Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Stream

from workers.laboratory.files.verdict import Finding

KEYS: Final = {
    "/OpenAction": Finding.PDF_ACTION_REMOVED,
    "/AA": Finding.PDF_ACTION_REMOVED,
    "/Requirements": Finding.PDF_ACTION_REMOVED,
    "/JS": Finding.PDF_SCRIPT_REMOVED,
    "/JavaScript": Finding.PDF_SCRIPT_REMOVED,
    "/PS": Finding.PDF_SCRIPT_REMOVED,
    "/EmbeddedFiles": Finding.PDF_ATTACHMENT_REMOVED,
    "/EF": Finding.PDF_ATTACHMENT_REMOVED,
    "/AF": Finding.PDF_ATTACHMENT_REMOVED,
    "/Collection": Finding.PDF_ATTACHMENT_REMOVED,
    "/XFA": Finding.PDF_XFA_REMOVED,
    "/RichMediaContent": Finding.PDF_MEDIA_REMOVED,
    "/RichMediaSettings": Finding.PDF_MEDIA_REMOVED,
    "/Renditions": Finding.PDF_MEDIA_REMOVED,
    "/AlternatePresentations": Finding.PDF_MEDIA_REMOVED,
    "/OPI": Finding.PDF_LINK_REMOVED,
    "/Alternates": Finding.PDF_LINK_REMOVED,
    "/URLS": Finding.PDF_LINK_REMOVED,
    "/IDS": Finding.PDF_LINK_REMOVED,
    "/Metadata": Finding.METADATA_REMOVED,
    "/PieceInfo": Finding.METADATA_REMOVED,
    "/SpiderInfo": Finding.METADATA_REMOVED,
}
"""Keys that are taken out of any dictionary (ISO 32000-2: 7.7.2, 12.6, 12.7.8, 13)."""
ACTIONS: Final = {
    "/JavaScript": Finding.PDF_SCRIPT_REMOVED,
    "/Launch": Finding.PDF_ACTION_REMOVED,
    "/SubmitForm": Finding.PDF_ACTION_REMOVED,
    "/ResetForm": Finding.PDF_ACTION_REMOVED,
    "/ImportData": Finding.PDF_ACTION_REMOVED,
    "/Hide": Finding.PDF_ACTION_REMOVED,
    "/Named": Finding.PDF_ACTION_REMOVED,
    "/SetOCGState": Finding.PDF_ACTION_REMOVED,
    "/Trans": Finding.PDF_ACTION_REMOVED,
    "/Thread": Finding.PDF_ACTION_REMOVED,
    "/GoToDp": Finding.PDF_ACTION_REMOVED,
    "/GoToR": Finding.PDF_LINK_REMOVED,
    "/GoToE": Finding.PDF_LINK_REMOVED,
    "/Rendition": Finding.PDF_MEDIA_REMOVED,
    "/Movie": Finding.PDF_MEDIA_REMOVED,
    "/Sound": Finding.PDF_MEDIA_REMOVED,
    "/RichMediaExecute": Finding.PDF_MEDIA_REMOVED,
    "/GoTo3DView": Finding.PDF_MEDIA_REMOVED,
}
"""Actions by ``/S``; what is left are jumps inside the file and links to the web."""
ANNOTATIONS: Final = {
    "/FileAttachment": Finding.PDF_ATTACHMENT_REMOVED,
    "/RichMedia": Finding.PDF_MEDIA_REMOVED,
    "/Screen": Finding.PDF_MEDIA_REMOVED,
    "/Movie": Finding.PDF_MEDIA_REMOVED,
    "/Sound": Finding.PDF_MEDIA_REMOVED,
    "/3D": Finding.PDF_MEDIA_REMOVED,
    "/PS": Finding.PDF_SCRIPT_REMOVED,
}
SCHEMES: Final = (b"http://", b"https://", b"mailto:", b"tel:")
_ALL: Final = ""
"""Stands for every key of a dictionary."""


def strip(pdf: pikepdf.Pdf) -> set[Finding]:
    """Take out everything that acts; answers what was found."""
    found = [(dictionary, key, finding) for dictionary in _dictionaries(pdf) for key, finding in _faults(dictionary)]
    dropped = _drop_annotations(pdf)
    for dictionary, key, _ in found:
        _remove(dictionary, key)
    return dropped | {finding for _, _, finding in found}


def remains(pdf: pikepdf.Pdf) -> bool:
    """Whether anything that acts is still there."""
    if "/AcroForm" in pdf.Root or "/Info" in pdf.trailer:
        return True
    return any(True for dictionary in _dictionaries(pdf) for _ in _faults(dictionary))


def signed(pdf: pikepdf.Pdf) -> bool:
    """Whether it bears a digital signature, which no rewriting survives."""
    return any(_named(dictionary, "/FT") == "/Sig" for dictionary in _dictionaries(pdf))


def _drop_annotations(pdf: pikepdf.Pdf) -> set[Finding]:
    found = set[Finding]()
    for page in pdf.pages:
        listed = page.obj.get("/Annots")
        if not isinstance(listed, Array):
            continue
        kept = [one for one in listed if _named(one, "/Subtype") not in ANNOTATIONS]
        if len(kept) < len(listed):
            found.update(ANNOTATIONS[kind] for one in listed if (kind := _named(one, "/Subtype")) in ANNOTATIONS)
            page.obj["/Annots"] = Array(kept)
    return found


def _dictionaries(pdf: pikepdf.Pdf) -> Iterator[Object]:
    """Every dictionary of the file and of its streams, direct ones too."""
    for whole in pdf.objects:
        waiting = [whole]
        while waiting:
            part = waiting.pop()
            if isinstance(part, Dictionary | Stream):
                yield part
                waiting += [value for key in list(part.keys()) if _is_direct(value := part[key])]
            elif isinstance(part, Array):
                waiting += [value for value in part if _is_direct(value)]


def _is_direct(value: object) -> bool:
    """Containers that the list of objects does not name by themselves."""
    return isinstance(value, Dictionary | Array | Stream) and not value.is_indirect


def _faults(dictionary: Object) -> Iterator[tuple[str, Finding]]:
    for key in dictionary.keys():  # noqa: SIM118  # a pikepdf dictionary iterates over nothing else
        if key in KEYS:
            yield key, KEYS[key]
    if isinstance(dictionary, Stream) and "/F" in dictionary:  # its data lies in another file
        yield "/F", Finding.PDF_LINK_REMOVED
    if (action := _named(dictionary, "/S")) in ACTIONS:
        yield _ALL, ACTIONS[action]
    if action == "/URI" and not _to_the_web(dictionary):
        yield _ALL, Finding.PDF_LINK_REMOVED
    if (subtype := _named(dictionary, "/Subtype")) in ANNOTATIONS:
        yield _ALL, ANNOTATIONS[subtype]
    if _named(dictionary, "/Type") == "/EmbeddedFile":
        yield _ALL, Finding.PDF_ATTACHMENT_REMOVED


def _remove(dictionary: Object, key: str) -> None:
    """Take a key out, or everything; a stream's own bookkeeping stays."""
    doomed = [key] if key else [one for one in dictionary.keys() if one != "/Length"]  # noqa: SIM118  # as above
    for one in doomed:
        if one in dictionary:
            del dictionary[one]


def _named(value: object, key: str) -> str:
    """A name under a key; empty when there is none."""
    if not isinstance(value, Dictionary | Stream):
        return ""
    name = value.get(key)
    return str(name) if isinstance(name, Name) else ""


def _to_the_web(action: Object) -> bool:
    target = action.get("/URI")
    return isinstance(target, pikepdf.String) and bytes(target).lstrip().lower().startswith(SCHEMES)
