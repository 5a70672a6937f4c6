"""Whether a server can be reached: real ports of this machine, and nothing is sent."""

import socket
from collections.abc import Iterator

import pytest

from autoresearch.adapters.reach import ADDRESSES, unreachable
from autoresearch.core.calls import KEYS, LOCAL


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(20)
        yield listening


def port(server: socket.socket) -> int:
    number: int = server.getsockname()[1]
    return number


def test_a_server_that_listens_can_be_reached_and_hears_nothing(server: socket.socket) -> None:
    assert unreachable(f"http://127.0.0.1:{port(server)}/v1") == ""
    connection, _ = server.accept()
    with connection:
        assert connection.recv(1) == b""


def test_where_nothing_listens_it_says_why(server: socket.socket) -> None:
    number = port(server)
    server.close()
    assert unreachable(f"http://127.0.0.1:{number}/v1") == "Connection refused"


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:99999", "http://[", "http://no.such.host.invalid", "http://"]
)
def test_an_address_that_is_none_is_no_traceback(server: socket.socket, address: str) -> None:
    assert unreachable(address)


@pytest.mark.parametrize("written", ["http://127.0.0.1:{}", "127.0.0.1:{}"])
def test_behind_a_proxy_it_is_the_proxy_that_is_connected_to(
    server: socket.socket, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.setenv("https_proxy", written.format(port(server)))
    assert unreachable("https://no.such.host.invalid/v1") == ""
    server.accept()[0].close()


def test_every_provider_that_we_know_a_key_of_has_an_address() -> None:
    assert KEYS.keys() <= ADDRESSES.keys()
    assert ADDRESSES.keys() - KEYS.keys() <= LOCAL
