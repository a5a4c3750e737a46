# For the pages of this folder: a sandbox of your own, and three words to talk to it. Source it: . docs/walkthrough/start.sh gym 2026-01-01
# Needs curl, python3 and a server: GRAINS_URL and GRAINS_KEY, or what ./grains up left on this machine.
GRAINS_URL=${GRAINS_URL:-http://127.0.0.1:8080}
if [ -z "${GRAINS_KEY:-}" ]; then
  for folder in "$HOME/.local/share/referralgrains" /var/lib/referralgrains; do
    if [ -r "$folder/admin.key" ]; then GRAINS_KEY=$(cat "$folder/admin.key"); fi
  done
fi

ask() { # METHOD PATH [BODY]: with the sandbox's key
  curl --fail-with-body --silent --show-error -X "$1" "$GRAINS_URL$2" -H "Authorization: Bearer $sandbox_key" ${3:+-d "$3"}
}
get() { ask GET "$1"; }
post() { ask POST "$1" "${2:-}"; }
show() { # EXPRESSION: of what is piped in, which it calls a
  python3 -c 'import json, sys; a = json.load(sys.stdin); v = eval(sys.argv[1]); print("\n".join(map(str, v)) if isinstance(v, list) else v)' "$1"
}
day() { # DATE: the sandbox's clock goes there, and everything that falls due on the way is settled
  post /v1/test_clock/advance "{\"to\":\"$1T12:00:00Z\"}" >/dev/null
}
sale() { # ID REFEREE MINOR [MORE]: a sale now
  post /v1/actions "{\"action_id\":\"$1\",\"program_id\":\"$program\",\"type\":\"sale\",\"referee_id\":\"$2\",\"amount_minor\":$3${4:-}}"
}

sandbox="walk-$1-$(date +%s)-$RANDOM"
sandbox_key=$GRAINS_KEY
post /v1/tenants "{\"id\":\"$sandbox\",\"sandbox\":true,\"clock_at\":\"$2T12:00:00Z\"}" >/dev/null
sandbox_key=$(post /v1/api_keys "{\"role\":\"admin\",\"tenant\":\"$sandbox\"}" | show 'a["key"]')
program=$1
