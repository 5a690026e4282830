#!/bin/sh
# Makes what docker-compose.yml needs and no repository may hold: the secrets in infra/docker/cooper.env and the
# key pair in infra/docker/keys/. Keeps what is there already.
set -eu
cd "$(dirname "$0")"
umask 077
if [ ! -f cooper.env ]; then
  # Each empty value of the example gets a random one. The Slack and AWS ones stay yours to fill in.
  while IFS= read -r line; do
    case "$line" in
      COOPER_UID=*) if [ "$(id -u)" = 0 ]; then echo COOPER_UID=10001; else echo "COOPER_UID=$(id -u)"; fi ;;
      \#* | "" | *=?* | SLACK_*= | AWS_*=) printf '%s\n' "$line" ;;
      *FERNET*= | MLFLOW_WEBHOOK*=) printf '%s%s\n' "$line" "$(openssl rand -base64 32 | tr '+/' '-_')" ;;
      *) printf '%s%s\n' "$line" "$(openssl rand -hex 24)" ;;
    esac
  done < cooper.env.example > cooper.env.part
  mv cooper.env.part cooper.env
  echo "made infra/docker/cooper.env: fill in Slack's tokens, or start the profile demo"
fi
if [ ! -f keys/signing.pem ] || [ ! -f keys/signing.pub.pem ]; then
  mkdir -p keys
  openssl genpkey -algorithm ed25519 -out keys/signing.pem
  openssl pkey -in keys/signing.pem -pubout -out keys/signing.pub.pem
  # Bot and worker read the private key as this user's number, or 10001 where that is root's.
  chmod 755 keys && chmod 644 keys/signing.pub.pem
  if [ "$(id -u)" = 0 ]; then chown 10001 keys/signing.pem; fi
  echo "made infra/docker/keys"
fi
