"""A simulated imaging modality: invents pictures and sends them by C-STORE until they are taken."""

from sandbox.modality.images import Subject, image, instance_uid
from sandbox.modality.sender import Modality, NotTaken

__all__ = ["Modality", "NotTaken", "Subject", "image", "instance_uid"]
