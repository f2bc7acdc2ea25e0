"""Visits of a first-level clinic to P-Care: pendaftaran → kunjungan → tindakan → obat (reference bpjs 4)."""
