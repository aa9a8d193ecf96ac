#!/bin/sh
# Asks `hark serve` with curl alone, and prints the JSON that it answers with.
#
#     sh ask.sh "Who approves a business trip?"
set -eu

# The question as JSON: blanks for line ends and the like, a backslash before \ and ".
question=$(printf '%s' "$*" | tr '[:cntrl:]' ' ' | sed 's/[\\"]/\\&/g')

curl --silent --show-error --fail-with-body \
  --unix-socket "${HARK_SOCKET:-$XDG_RUNTIME_DIR/hark.sock}" http://hark/v1/rpc --data-binary @- <<END
{"jsonrpc": "2.0", "id": 1, "method": "context", "params": {"query": "$question", "budget_tokens": 1000}}
END
echo
