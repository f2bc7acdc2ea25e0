"""A laboratory analyser that sends its results as HL7 v2 ORU^R01 over MLLP, and all the trouble one can make."""
