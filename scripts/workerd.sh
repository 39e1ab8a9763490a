#!/bin/sh
# Runs workerd as miniflare does, but on the socket $WORKER_SOCKET instead of a port. Any process on this machine can
# connect to a port, and the development server answers much without a token (front.ts).
set -eu
rm -f "$WORKER_SOCKET"
for argument do
  shift
  case $argument in
    --socket-addr=entry=*) argument="--socket-addr=entry=unix:$WORKER_SOCKET" ;;
  esac
  set -- "$@" "$argument"
done
exec "$WORKERD" "$@"
