"""Journeys of a clinic's writes to BPJS and back, through the whole stack."""
