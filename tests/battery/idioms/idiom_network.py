"""What ordinary suites do with sockets that stay on this machine."""

import asyncio
import http.server
import select
import socket
import socketserver
import ssl
import threading
import urllib.request
from xmlrpc.client import ServerProxy
from xmlrpc.server import SimpleXMLRPCServer

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient


def application():
    async def price(request):
        return JSONResponse({"price": 200})

    return Starlette(routes=[Route("/price", price)])


class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(self.rfile.readline())


@pytest.fixture
def serving():
    servers = []

    def start(server):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server.server_address

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_test_client():
    assert TestClient(application()).get("/price").json() == {"price": 200}


def test_http_server_on_loopback(serving, tmp_path):
    (tmp_path / "a.txt").write_text("a")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(tmp_path))

        def log_message(self, *args):
            pass

    host, port = serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet))

    assert urllib.request.urlopen(f"http://{host}:{port}/a.txt").read() == b"a"


def test_a_server_by_the_name_localhost(serving):
    _, port = serving(socketserver.ThreadingTCPServer(("localhost", 0), Echo))
    with socket.create_connection(("localhost", port)) as caller:
        caller.sendall(b"hello\n")
        assert caller.recv(100) == b"hello\n"


def test_xmlrpc(serving):
    server = SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False)
    server.register_function(pow)
    host, port = serving(server)

    with ServerProxy(f"http://{host}:{port}") as proxy:
        assert proxy.pow(2, 3) == 8


def test_a_server_on_a_unix_socket(serving, tmp_path):
    address = str(tmp_path / "s")
    serving(socketserver.ThreadingUnixStreamServer(address, Echo))
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(address)
        caller.sendall(b"hello\n")
        assert caller.recv(100) == b"hello\n"


def test_datagrams_on_loopback():
    with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as other:
        one.bind(("127.0.0.1", 0))
        other.sendto(b"x", one.getsockname())
        assert one.recv(9) == b"x"


def test_asyncio_streams():
    async def answer(reader, writer):
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    async def run():
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"hello\n")
        said = await reader.readline()
        writer.close()
        await writer.wait_closed()
        server.close()
        return said

    assert asyncio.run(run()) == b"hello\n"


def test_socketpair_select_and_epoll():
    one, other = socket.socketpair()
    with one, other, select.epoll() as polled:
        polled.register(one, select.EPOLLIN)
        other.send(b"x")
        assert polled.poll(10) == [(one.fileno(), select.EPOLLIN)]
        assert select.select([one], [], [], 10)[0] == [one]


def test_ssl_context():
    assert ssl.create_default_context().verify_mode == ssl.CERT_REQUIRED


def test_a_free_port_is_found():
    with socket.socket() as found:
        found.bind(("", 0))
        assert found.getsockname()[1] > 0
