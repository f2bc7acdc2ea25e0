"""What BPJS is sent, as files one can read."""
