#!/bin/sh
# Makes an authority of your own and a certificate for the silos, signed by it: certificates.sh FOLDER [UID [AUTHORITY]]
# Run again, it signs another certificate once the one that is there has less than 90 of its 825 days, with the same authority and for the
# same key: silos with the old one and with the new one know each other, so they can be restarted one after the other.
# A silo lets in whoever shows a certificate of this authority, so ca.key is as good as every silo's password: it lies in AUTHORITY
# (FOLDER, if there is none), keep it off the silos.
set -eu
mkdir -p "$1"
umask 077
mkdir -p "${3:-$1}"
folder="$(cd "$1" && pwd -P)" owner="${2:-}" authority="$(cd "${3:-$1}" && pwd -P)"

# From when both had one folder, which the silos see.
[ -e "$authority/ca.crt" ] || [ ! -e "$folder/ca.crt" ] || cp "$folder/ca.crt" "$authority/ca.crt"
[ -e "$authority/ca.key" ] || [ ! -e "$folder/ca.key" ] || mv "$folder/ca.key" "$authority/ca.key"

if [ -e "$folder/silo.crt" ] && openssl x509 -noout -checkend $((90 * 86400)) -in "$folder/silo.crt" >/dev/null; then exit 0; fi

if [ -e "$authority/ca.crt" ] && [ ! -e "$authority/ca.key" ]; then
    # One of another authority would be refused by every silo that runs.
    echo "certificates.sh: $authority/ca.key is missing, by which the silos' certificate is signed again: bring it back" >&2
    exit 1
fi
if [ ! -e "$authority/ca.crt" ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj "/CN=ReferralGrains silos" \
        -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign" \
        -keyout "$authority/ca.key" -out "$authority/ca.crt.new"
    mv "$authority/ca.crt.new" "$authority/ca.crt"
fi
[ -e "$folder/ca.crt" ] || cp "$authority/ca.crt" "$folder/ca.crt"

[ -e "$folder/silo.key" ] || openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -out "$folder/silo.key"
openssl req -new -key "$folder/silo.key" -subj "/CN=referralgrains-silo" -out "$folder/silo.csr"
printf 'extendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=DNS:referralgrains-silo\n' >"$folder/silo.ext"
openssl x509 -req -in "$folder/silo.csr" -CA "$authority/ca.crt" -CAkey "$authority/ca.key" -days 825 -extfile "$folder/silo.ext" -out "$folder/silo.crt.new"
rm "$folder/silo.csr" "$folder/silo.ext"
[ -z "$owner" ] || chown "$owner" "$folder/silo.key" "$folder/silo.crt.new" "$folder/ca.crt"
# Last, and whole: whoever waits for it finds the rest, and who starts meanwhile finds the one before.
mv "$folder/silo.crt.new" "$folder/silo.crt"
