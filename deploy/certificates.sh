#!/bin/sh
# Makes an authority of your own and a certificate for the silos, signed by it: certificates.sh FOLDER [UID]
# A silo lets in whoever shows a certificate of this authority, so ca.key is as good as every silo's password: keep it off the silos.
set -eu
folder="$1"
mkdir -p "$folder"
cd "$folder"
[ ! -e silo.crt ] || exit 0
umask 077
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj "/CN=ReferralGrains silos" \
    -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign" -keyout ca.key -out ca.crt
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=referralgrains-silo" -keyout silo.key -out silo.csr
printf 'extendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=DNS:referralgrains-silo\n' >silo.ext
openssl x509 -req -in silo.csr -CA ca.crt -CAkey ca.key -days 825 -extfile silo.ext -out silo.crt.new
rm silo.csr silo.ext
[ -z "${2:-}" ] || chown "$2" silo.key silo.crt.new ca.crt
# Last, and whole: whoever waits for it finds the rest.
mv silo.crt.new silo.crt
