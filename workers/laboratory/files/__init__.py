"""Examination of uploaded result files: what a file is, what of it may go out, and whose it says it is."""
