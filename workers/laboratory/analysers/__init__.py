"""The intake of laboratory analysers: HL7 v2 ORU^R01 over MLLP, read purely and acknowledged after the commit.

ASTM E1394 / LIS2 is not spoken: no kept library for it is published, and a home-made one would judge itself.
"""
