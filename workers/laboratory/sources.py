"""From where instruments may connect: MLLP and DICOM know no passwords."""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


def networks(sources: tuple[str, ...]) -> tuple[Network, ...]:
    """Addresses and CIDR blocks, as the settings have checked them."""
    return tuple(ip_network(source) for source in sources)


def admits(address: str, sources: tuple[Network, ...]) -> bool:
    """Whether that address was named among the sources, or none was."""
    if not sources:
        return True
    try:
        peer = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(peer, "ipv4_mapped", None)  # how a socket for both families shows an IPv4 address
    return any((mapped or peer) in network for network in sources)
