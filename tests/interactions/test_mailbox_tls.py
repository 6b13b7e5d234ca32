"""A mailbox behind real TLS: who shows a certificate that is trusted is fetched from, whoever else is refused."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from socketserver import StreamRequestHandler, TCPServer
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.contracts.errors import SourceError
from core.interactions import mailbox_fetch
from tests.interactions.conftest import ANA, REP, mail, with_rules

HOST = "127.0.0.1"


class Keys:
    def filled(self, text):
        return "word"


def certified(folder, address):
    """Write a certificate signed by itself for an address, with its key, and return the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / f"{address}.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + secret)
    return file


class Imap(StreamRequestHandler):
    """As much of IMAP4rev1 as a mailbox with one mail needs."""

    def setup(self):
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self):
        super().finish()
        self.request.close()

    def handle(self):
        content = mail((4, 9), ANA, REP, 1).partition(b"\n")[2].partition(b"\n\n")[0] + b"\n\n"
        self.wfile.write(b"* OK ready\r\n")
        for line in self.rfile:
            tag, command = line.split(b" ", 1)
            self.server.asked.append(command.strip().decode())
            self.wfile.write(self.answer(command, content) + tag + b" OK done\r\n")
            if command.startswith(b"LOGOUT"):
                return

    @staticmethod
    def answer(command, content):
        if command.startswith(b"CAPABILITY"):
            return b"* CAPABILITY IMAP4rev1\r\n"
        if b"SEARCH" in command:
            return b"* SEARCH 7\r\n"
        if b"RFC822.SIZE" in command:
            return b"* 1 FETCH (UID 7 RFC822.SIZE %d)\r\n" % len(content)
        if b"HEADER" in command:
            return b"* 1 FETCH (UID 7 BODY[HEADER] {%d}\r\n%s)\r\n" % (len(content), content)
        return b"* 1 EXISTS\r\n" if command.startswith(b"EXAMINE") else b""


class Server(TCPServer):
    def handle_error(self, request, client_address):
        self.asked.append("broken off")


@contextmanager
def serving(file):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with Server((HOST, 0), Imap) as server:
        server.context, server.asked = context, []
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def fetched(firm, settings, store, server):
    box = settings.engagement.imap.model_copy(
        update={"host": HOST, "port": server.server_address[1], "user": "us", "password": "${PASS}"}
    )
    rules = with_rules(settings, imap=box)
    return mailbox_fetch.fetch(firm, rules, store, Keys(), lambda *_: None, "test")


def test_a_mail_is_fetched_over_tls_from_a_server_that_is_trusted(firm, settings, store, tmp_path, monkeypatch):
    file = certified(tmp_path, HOST)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with serving(file) as server:
        assert "1 mail" in fetched(firm, settings, store, server).sentence()
    assert any(command.startswith("LOGIN us") for command in server.asked)
    assert not any("BODY.PEEK[])" in command for command in server.asked)


@pytest.mark.parametrize(("address", "is_trusted"), [(HOST, False), ("127.0.0.9", True)])
def test_an_unknown_signer_and_the_wrong_name_are_refused_before_the_password_is_sent(
    address, is_trusted, firm, settings, store, tmp_path, monkeypatch
):
    file = certified(tmp_path, address)
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setenv("SSL_CERT_FILE", str(file if is_trusted else certified(other, HOST)))
    with serving(file) as server, pytest.raises(SourceError, match="does not show a certificate that is trusted"):
        fetched(firm, settings, store, server)
    assert not any("LOGIN" in command for command in server.asked)
