"""Images that modalities send by C-STORE: announced, laid into quarantine, and only then acknowledged."""

from workers.laboratory.modalities.receiver import Receiver, receiving

__all__ = ["Receiver", "receiving"]
