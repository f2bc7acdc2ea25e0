"""Where the sandbox's messages end: an SMTP server and a WhatsApp gateway that keep what they are given."""
