"""Each name leads to its tenant, every other one to a sentence; the proxies' own checks take the files."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from core.tenants import proxy_files

VARIABLES = {"$http_upgrade", "$quarterdeck_connection", "$host", "$http_host", "$request_uri", "$remote_addr"}
VARIABLES |= {"$ssl_server_name"}
TLS = "bind :443 ssl crt /etc/ssl/quarterdeck/haproxy/ alpn h2,http/1.1"
HOSTS = {"north": ["north.example.com", "n.example.com"], "south": ["south.example.com"]}


@pytest.fixture
def tenants(registry):
    for name, hosts in HOSTS.items():
        registry.create(name, hosts, {"access": {"sign_in": "oidc"}})
    return registry.tenants()


@pytest.mark.parametrize("kind", list(proxy_files.KINDS))
def test_every_tenants_names_and_port_stand_together(tenants, kind):
    text = proxy_files.KINDS[kind](tenants)
    assert not set(re.findall(r"\$\w*", text)) - VARIABLES
    assert proxy_files.REFUSAL in text
    for tenant in tenants:
        assert text.count(f"127.0.0.1:{tenant.port}") == 1
        assert all(host in text for host in tenant.hosts)
    for header in ("Email", "Groups"):
        assert f"X-Forwarded-{header}" in text


@pytest.mark.skipif(shutil.which("haproxy") is None, reason="HAProxy is not installed")
def test_haproxy_takes_its_file(tenants, tmp_path):
    text = proxy_files.haproxy(tenants).replace(
        "bind :443 ssl crt /etc/ssl/quarterdeck/haproxy/ alpn h2,http/1.1", "bind :443"
    )
    (tmp_path / "haproxy.cfg").write_text(text)
    check = subprocess.run(
        ["haproxy", "-c", "-f", tmp_path / "haproxy.cfg"], capture_output=True, text=True, check=False
    )
    assert check.returncode == 0, check.stderr


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_nginx_takes_its_file(tenants, tmp_path):
    text = proxy_files.nginx(tenants)
    text = re.sub(r" *ssl_(certificate|certificate_key|protocols|session_tickets) .*;\n", "", text)
    text = re.sub(r"listen (80|443 ssl http2)", lambda m: "listen 18080" if m[1] == "80" else "listen 18443", text)
    frame = f"error_log stderr;\npid {tmp_path}/pid;\nevents {{}}\nhttp {{\naccess_log off;\n{text}}}\n"
    (tmp_path / "nginx.conf").write_text(frame)
    check = subprocess.run(
        ["nginx", "-t", "-p", tmp_path, "-c", tmp_path / "nginx.conf"], capture_output=True, text=True, check=False
    )
    assert check.returncode == 0, check.stderr
