#!/bin/sh
# What the image it stands for does: at the first start a server for the set-up, which listens on no network, then the
# one that stays. The set-up takes a while there too.
set -eu
data=/var/lib/postgresql/data
install -d -o postgres -g postgres /run/postgresql
chown postgres:postgres "$data"
chmod 700 "$data"
run() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
if [ ! -s "$data/PG_VERSION" ]; then
  word=$(mktemp)
  printf '%s' "$POSTGRES_PASSWORD" > "$word"
  chown postgres "$word"
  run initdb -D "$data" -U "$POSTGRES_USER" --pwfile="$word" --auth-local=trust --auth-host=scram-sha-256 -E UTF8
  rm "$word"
  run pg_ctl -D "$data" -o "-c listen_addresses=''" -w start
  run createdb -U "$POSTGRES_USER" "$POSTGRES_USER"
  sleep 8
  run pg_ctl -D "$data" -m fast -w stop
  echo 'host all all all scram-sha-256' >> "$data/pg_hba.conf"
fi
exec setpriv --reuid=postgres --regid=postgres --clear-groups postgres -D "$data" -c 'listen_addresses=*'
