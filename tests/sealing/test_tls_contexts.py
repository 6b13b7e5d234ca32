from __future__ import annotations

import os
import ssl
from concurrent.futures import ThreadPoolExecutor

import httpx

from core.sealing import tls_contexts


def of_other_thread():
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(tls_contexts.shared).result()


def test_clients_of_one_thread_share_what_they_trust_and_those_of_others_do_not():
    trusted = tls_contexts.shared()
    assert tls_contexts.shared() is trusted
    assert of_other_thread() is not trusted
    assert trusted.verify_mode == ssl.CERT_REQUIRED
    assert trusted.check_hostname
    with httpx.Client(verify=trusted) as client:
        assert client._transport._pool._ssl_context is trusted


def test_certificates_of_the_environment_are_trusted_and_read_anew_when_they_change(tmp_path, monkeypatch):
    every = httpx.create_ssl_context(trust_env=False).get_ca_certs(binary_form=True)
    file = tmp_path / "own.pem"
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    file.write_text(ssl.DER_cert_to_PEM_cert(every[0]), encoding="ascii")
    assert tls_contexts.shared().get_ca_certs(binary_form=True) == every[:1]
    assert len(tls_contexts.shared(trust_env=False).get_ca_certs()) == len(every)
    file.write_text("".join(map(ssl.DER_cert_to_PEM_cert, every[:2])), encoding="ascii")
    os.utime(file, ns=(1, 1))
    assert len(tls_contexts.shared().get_ca_certs()) == 2
