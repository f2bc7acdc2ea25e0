"""The paths of every service."""

from typing import Final

from sandbox.bpjs.insurer import Tables
from sandbox.bpjs.pcare import groups, lists, parts, registration, visits
from sandbox.bpjs.pcare import membership as pcare_membership
from sandbox.bpjs.queues import fktp, hospital
from sandbox.bpjs.routing import Table
from sandbox.bpjs.vclaim import letters, lpk, monitoring, prb, referrals, sep
from sandbox.bpjs.vclaim import lists as vclaim_lists
from sandbox.bpjs.vclaim import membership as vclaim_membership

TABLES: Final[Tables] = {
    "pcare": Table(
        [
            *pcare_membership.PATHS,
            *lists.PATHS,
            *registration.PATHS,
            *visits.PATHS,
            *parts.PATHS,
            *groups.PATHS,
        ]
    ),
    "vclaim": Table(
        [
            *vclaim_membership.PATHS,
            *referrals.PATHS,
            *sep.PATHS,
            *lpk.PATHS,
            *monitoring.PATHS,
            *letters.PATHS,
            *prb.PATHS,
            *vclaim_lists.PATHS,
        ]
    ),
    "antrean-fktp": Table(fktp.PATHS),
    "antrean-rs": Table(hospital.PATHS),
}
