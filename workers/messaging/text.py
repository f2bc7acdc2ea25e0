"""What a message says: that there is something to look at, and where; never who, what or how much.

A telephone lies on tables, and gateways keep what they pass on: no name, result or diagnosis leaves the clinic's
own application (security reference, PWA-…; the issue's "message texts carry no name, result or diagnosis").
"""

from dataclasses import dataclass

from workers.messaging.snapshot import MessageSnapshot


@dataclass(frozen=True, slots=True)
class Text:
    """A message in Indonesian: ``subject`` for e-mail, ``body`` for both."""

    subject: str
    body: str


def text(told: MessageSnapshot, app_url: str | None) -> Text:
    """The text of a message about a critical result that nobody has acknowledged."""
    number = told.order.accession_number
    where = f" Buka {app_url or 'aplikasi klinik'} untuk melihat dan menanggapinya."
    return Text(
        f"Hasil kritis belum ditanggapi: {number}",
        f"{told.clinic.name}: ada hasil kritis pada pemeriksaan {number} yang belum ditanggapi.{where} "
        f"Ini pemberitahuan ke-{told.message.step}; pemberitahuan berhenti setelah hasil ditanggapi.",
    )
