"""Which DICOM objects are pictures: the storage SOP classes a clinic's modality makes (PS3.4 Annex B.5)."""

import struct
import zlib
from typing import Final

from pydicom import uid
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.uid import UID

IMAGES: Final[frozenset[UID]] = frozenset({
    uid.ComputedRadiographyImageStorage,
    uid.DigitalXRayImageStorageForPresentation, uid.DigitalXRayImageStorageForProcessing,
    uid.DigitalMammographyXRayImageStorageForPresentation, uid.DigitalMammographyXRayImageStorageForProcessing,
    uid.DigitalIntraOralXRayImageStorageForPresentation, uid.DigitalIntraOralXRayImageStorageForProcessing,
    uid.BreastTomosynthesisImageStorage,
    uid.CTImageStorage, uid.EnhancedCTImageStorage, uid.LegacyConvertedEnhancedCTImageStorage,
    uid.MRImageStorage, uid.EnhancedMRImageStorage, uid.EnhancedMRColorImageStorage,
    uid.LegacyConvertedEnhancedMRImageStorage,
    uid.UltrasoundImageStorage, uid.UltrasoundMultiFrameImageStorage,
    uid.NuclearMedicineImageStorage, uid.PositronEmissionTomographyImageStorage, uid.EnhancedPETImageStorage,
    uid.XRayAngiographicImageStorage, uid.EnhancedXAImageStorage,
    uid.XRayRadiofluoroscopicImageStorage, uid.EnhancedXRFImageStorage,
    uid.XRay3DAngiographicImageStorage, uid.XRay3DCraniofacialImageStorage,
    uid.SecondaryCaptureImageStorage, uid.MultiFrameSingleBitSecondaryCaptureImageStorage,
    uid.MultiFrameGrayscaleByteSecondaryCaptureImageStorage, uid.MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    uid.MultiFrameTrueColorSecondaryCaptureImageStorage,
    uid.VLEndoscopicImageStorage, uid.VideoEndoscopicImageStorage,
    uid.VLMicroscopicImageStorage, uid.VLPhotographicImageStorage, uid.VideoPhotographicImageStorage,
    uid.OphthalmicPhotography8BitImageStorage, uid.OphthalmicPhotography16BitImageStorage,
    uid.OphthalmicTomographyImageStorage, uid.DermoscopicPhotographyImageStorage,
})  # fmt: skip
TRANSFER_SYNTAXES: Final[tuple[UID, ...]] = (
    uid.ExplicitVRLittleEndian, uid.ImplicitVRLittleEndian, uid.ExplicitVRBigEndian, uid.RLELossless,
    uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit, uid.JPEGLossless, uid.JPEGLosslessSV1,
    uid.JPEGLSLossless, uid.JPEGLSNearLossless, uid.JPEG2000Lossless, uid.JPEG2000,
    uid.HTJ2KLossless, uid.HTJ2K, uid.MPEG2MPML, uid.MPEG2MPHL, uid.MPEG4HP41,
)  # fmt: skip
"""How a modality may send what it made, the plainest first; not deflated: the receiver would have to inflate it."""
MALFORMED: Final = (
    InvalidDicomError, BytesLengthException, EOFError, OSError, ValueError, TypeError, KeyError, IndexError,
    AttributeError, NotImplementedError, OverflowError, struct.error, zlib.error,
)  # fmt: skip
"""What pydicom raises for bytes that are no DICOM."""
