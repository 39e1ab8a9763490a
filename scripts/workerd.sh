#!/bin/sh
# workerd as miniflare starts it, but on the socket $WORKER_SOCKET instead of a port. Any process of this machine
# could open a port, and the development server gives away a lot without a token (front.ts).
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
