"""What several server processes behind one address carry: nginx keeps each browser with its process.

Run: .venv/bin/python benchmarks/sticky.py [sessions] [seconds] [processes]

Starts the processes and an nginx of its own on a free port, which sends every client, told apart by a cookie the
client brings, to the same process each time; then sessions move a slider every two seconds, as in `moves.py`.
Says so and stops where nginx is not installed.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from moves import measure, serve

CONFIG = """
daemon off; pid {home}/nginx.pid; error_log {home}/error.log; worker_processes 1;
events {{ worker_connections 4096; }}
http {{
  access_log off; client_max_body_size 200m;
  client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
  map $http_upgrade $upgrading {{ default upgrade; '' close; }}
  upstream app {{ hash $cookie_seat consistent; {servers} }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://app; proxy_http_version 1.1; proxy_read_timeout 1h; proxy_buffering off;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $upgrading;
      proxy_set_header Host $host:{port};
    }}
  }}
}}
"""


def proxy(nginx: str, home: Path, urls: list[str]) -> tuple[subprocess.Popen[bytes], str]:
    """Start nginx before the servers and return it with its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    servers = " ".join(f"server {url.removeprefix('http://')};" for url in urls)
    (home / "nginx.conf").write_text(CONFIG.format(home=home, servers=servers, port=port), encoding="utf-8")
    return subprocess.Popen([nginx, "-p", str(home), "-c", str(home / "nginx.conf")]), f"http://127.0.0.1:{port}"


def main() -> None:
    """Print what the processes carry together."""
    sessions = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 20.0
    processes = int(sys.argv[3]) if len(sys.argv) > 3 else 4
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if nginx is None:
        raise SystemExit("nginx is not installed, so there is nothing to measure: apt-get install nginx-light")
    servers, balancer = [], None
    with TemporaryDirectory() as home:
        try:
            servers = [serve() for _ in range(processes)]
            balancer, url = proxy(nginx, Path(home), [address for _, address in servers])
            time.sleep(1)
            print(f"{processes} processes behind nginx")
            asyncio.run(measure([url], [server.pid for server, _ in servers], sessions, seconds))
        finally:
            for process in (*(server for server, _ in servers), *([balancer] if balancer else [])):
                process.send_signal(signal.SIGTERM)
                process.wait(20)


if __name__ == "__main__":
    main()
