"""P-Care writes days as dd-mm-yyyy, other services of BPJS as yyyy-mm-dd (reference bpjs 6.1)."""

from datetime import date


def dashed(day: date) -> str:
    """A day in P-Care's form."""
    return day.strftime("%d-%m-%Y")
