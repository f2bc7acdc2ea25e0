"""`/auth/v1`: accounts with a password, sessions, and their administration."""
