"""Loopback ports that nobody uses."""

import socket

HOST = "127.0.0.1"


def listen() -> socket.socket:
    """A listening socket on a free port; handed to a child, nobody can take the port in between."""
    listener = socket.create_server((HOST, 0), backlog=512)
    listener.set_inheritable(True)
    return listener


def free_port() -> int:
    """A port that was free a moment ago; whoever binds it must be ready to try another."""
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def url(listener: socket.socket) -> str:
    """The address of a listening socket."""
    return f"http://{HOST}:{listener.getsockname()[1]}"
