"""The configuration of a proxy that leads each name to its tenant, and answers every other name with a sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from string import Template

from core.tenants.tenant_registry import Tenant

REFUSAL = "No Quarterdeck answers under this name. Check the address, or ask whoever gave it to you."
HEAD = "# Written by `quarterdeck tenant proxy`; write it again after a tenant was made, changed or deleted."
HOST_IS = "req.hdr(host),field(1,:),lower -m str"
CERTIFICATES = "/etc/ssl/quarterdeck"

NGINX = """$head
map $$http_upgrade $$quarterdeck_connection { default upgrade; "" ""; }

# Whoever asks for a name that no tenant has.
server {
    listen 80 default_server;
    server_name _;
    default_type text/plain;
    return 421 "$refusal\\n";
}
server {
    listen 443 ssl http2 default_server;
    server_name _;
    ssl_certificate $certificates/default/fullchain.pem;
    ssl_certificate_key $certificates/default/privkey.pem;
    default_type text/plain;
    return 421 "$refusal\\n";
}
$tenants"""
NGINX_TENANT = """
# $name
server {
    listen 80;
    server_name $hosts;
    return 301 https://$$host$$request_uri;
}
server {
    listen 443 ssl http2;
    server_name $hosts;
    ssl_certificate $certificates/$name/fullchain.pem;
    ssl_certificate_key $certificates/$name/privkey.pem;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_tickets off;
    server_tokens off;
    client_max_body_size 210m;
    large_client_header_buffers 8 32k;
    proxy_buffer_size 32k;
    proxy_buffers 8 32k;
    proxy_busy_buffers_size 64k;
    add_header Strict-Transport-Security "max-age=31536000" always;
    # A name in the request line that is another one than the certificate's.
    if ($$ssl_server_name != $$host) { return 421; }

    location / {
        proxy_pass http://127.0.0.1:$port;
        proxy_http_version 1.1;
        proxy_set_header Host $$http_host;
        proxy_set_header Upgrade $$http_upgrade;
        proxy_set_header Connection $$quarterdeck_connection;
        proxy_set_header X-Forwarded-For $$remote_addr;
        proxy_set_header X-Forwarded-Proto https;
        # Nobody names themselves: what a browser sends of these is dropped.
        proxy_set_header X-Forwarded-Email "";
        proxy_set_header X-Forwarded-Groups "";
        proxy_set_header X-Quarterdeck-Proxy-Secret "";
        proxy_read_timeout 1d;
        proxy_send_timeout 1d;
    }
}
"""
HAPROXY = """$head
global
    maxconn 4000
    tune.bufsize 65536
    ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets

defaults
    mode http
    option forwardfor
    timeout connect 5s
    timeout client 5m
    timeout server 5m
    timeout http-request 30s
    timeout check 10s
    timeout tunnel 1d

frontend plain
    bind :80
    http-request redirect scheme https code 301

frontend sales
    bind :443 ssl crt $certificates/haproxy/ alpn h2,http/1.1
    http-request deny deny_status 413 if { req.hdr(content-length),add(0) gt 220200960 }
    http-request del-header X-Forwarded-Email
    http-request del-header X-Forwarded-Groups
    http-request del-header X-Quarterdeck-Proxy-Secret
    http-request del-header X-Forwarded-For
    http-request set-header X-Forwarded-Proto https
    http-response set-header Strict-Transport-Security max-age=31536000
$rules    default_backend nobody

backend nobody
    http-request return status 421 content-type text/plain string "$refusal"
$tenants"""
HAPROXY_TENANT = """
backend tenant-$name
    option httpchk
    http-check send meth GET uri /readyz?once=1 ver HTTP/1.1 hdr Host localhost
    http-check expect status 200
    server one 127.0.0.1:$port check inter 1s fall 2 rise 1
"""
CADDY = """$head
{
	servers {
		max_header_size 128KB
	}
}

http:// {
	respond "$refusal" 421
}

https:// {
	tls internal {
		on_demand
	}
	respond "$refusal" 421
}
$tenants"""
CADDY_TENANT = """
# $name
$hosts {
	header Strict-Transport-Security "max-age=31536000"
	request_body {
		max_size 210MB
	}
	reverse_proxy 127.0.0.1:$port {
		health_uri /readyz?once=1
		health_interval 1s
		health_timeout 10s
		health_status 200
		header_up -X-Forwarded-Email
		header_up -X-Forwarded-Groups
		header_up -X-Quarterdeck-Proxy-Secret
	}
}
"""


def nginx(tenants: Sequence[Tenant]) -> str:
    """Return a file for nginx: `/etc/nginx/conf.d/quarterdeck.conf`."""
    parts = [Template(NGINX_TENANT).substitute(_values(tenant, " ")) for tenant in tenants]
    return Template(NGINX).substitute(_shared(), tenants="".join(parts))


def haproxy(tenants: Sequence[Tenant]) -> str:
    """Return a file for HAProxy: `/etc/haproxy/haproxy.cfg`."""
    rules = "".join(
        f"    use_backend tenant-{tenant.name} if {{ {HOST_IS} {' '.join(tenant.hosts)} }}\n" for tenant in tenants
    )
    parts = [Template(HAPROXY_TENANT).substitute(_values(tenant, " ")) for tenant in tenants]
    return Template(HAPROXY).substitute(_shared(), rules=rules, tenants="".join(parts))


def caddy(tenants: Sequence[Tenant]) -> str:
    """Return a file for Caddy 2: `/etc/caddy/Caddyfile`."""
    parts = [Template(CADDY_TENANT).substitute(_values(tenant, ", ")) for tenant in tenants]
    return Template(CADDY).substitute(_shared(), tenants="".join(parts))


KINDS: dict[str, Callable[[Sequence[Tenant]], str]] = {"nginx": nginx, "haproxy": haproxy, "caddy": caddy}


def _shared() -> dict[str, str]:
    return {"head": HEAD, "refusal": REFUSAL, "certificates": CERTIFICATES}


def _values(tenant: Tenant, between: str) -> dict[str, object]:
    return {**_shared(), "name": tenant.name, "port": tenant.port, "hosts": between.join(tenant.hosts)}
