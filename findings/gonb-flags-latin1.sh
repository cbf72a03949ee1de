#!/usr/bin/env bash
# guess:    what stands on the %% line of a GoNB cell reaches the program as it was typed: UTF-8
# truth:    every byte of it becomes a character of its own and is encoded again: é (c3 a9) arrives as Ã© (c3 83 c2 a9); the
#           same word in the code of the cell is whole
# versions: GoNB v0.11.4, goimports and gopls of golang.org/x/tools v0.38.0 and v0.21.1, jupyter_client 8.10.0, Go 1.26.8
# date:     2026-11-28
# matters:  flags of cells that hold words, such as --name: what reads them must undo it
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder" 2>/dev/null || true; rm -rf "$folder"' EXIT
cannot() { echo "cannot tell: $1" >&2; exit 2; }
cd "$folder"
export GOBIN=$folder/bin GOFLAGS=-mod=mod GOWORK=off
{
	go mod init finding && go get github.com/janpfeifer/gonb@v0.11.4 && go install github.com/janpfeifer/gonb &&
		go install golang.org/x/tools/cmd/goimports@v0.38.0 && go install golang.org/x/tools/gopls@v0.21.1
} >install.log 2>&1 || cannot "$(tail -1 install.log)"
{ python3 -m venv venv && venv/bin/pip install -q jupyter_client==8.10.0; } >install.log 2>&1 || cannot "$(tail -1 install.log)"
mkdir -p data/kernels/gonb
cat >data/kernels/gonb/kernel.json <<EOF
{"argv": ["$folder/bin/gonb", "--kernel", "{connection_file}"], "display_name": "Go", "language": "go"}
EOF
cat >ask.py <<'EOF'
from jupyter_client.manager import start_new_kernel

CELL = '''import ("flag"; "fmt")

var word = flag.String("word", "", "")

%% --word=é学
fmt.Printf("flag %x source %x", *word, "é学")
'''
manager, client = start_new_kernel(kernel_name="gonb", startup_timeout=120)
told = []


def hook(message):
    told.append(message["content"].get("text", ""))


client.execute_interactive(CELL, timeout=300, output_hook=hook)
client.stop_channels()
manager.shutdown_kernel(now=True)
print("".join(told).strip())
EOF
said=$(PATH="$folder/bin:$PATH" GOFLAGS= GOBIN= JUPYTER_PATH="$folder/data" JUPYTER_DATA_DIR="$folder/data" IPYTHONDIR="$folder" venv/bin/python ask.py 2>kernel.log) ||
	cannot "$(tail -1 kernel.log)"
echo "$said"
case $said in
"flag c383c2a9c3a5c2adc2a6 source c3a9e5ada6") ;;
*) echo "no longer so: GoNB passes the flag as $said"; exit 1 ;;
esac
