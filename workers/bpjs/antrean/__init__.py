"""Antrean: the queue of a poli, told to BPJS while patients wait."""
