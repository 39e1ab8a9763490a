#!/bin/sh
# workerd as miniflare starts it, but on the socket $WORKER_SOCKET instead of a port: whoever may open a connection to a
# port of this machine would otherwise reach what the development server gives away without a token (front.ts).
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
