"""BPJS Kesehatan: P-Care, VClaim and Antrean, for clinics of the first level (FKTP) and of referral (FKRTL)."""
