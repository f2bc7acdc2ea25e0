"""Visits of a referral-level clinic to VClaim: SEP → LPK → the claim's fate, and control letters (reference bpjs 5)."""
