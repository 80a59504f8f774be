#!/usr/bin/env bash
# Draw every size of the application icon from the two SVG files in icons/.
# Needs rsvg-convert (librsvg2-bin), convert (imagemagick) and python3; run it after changing a drawing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../icons"

draw() { rsvg-convert --width "$1" --height "$1" "$2" --output "$3"; }

# Below 32 pixels the large drawing blurs, so those sizes have a drawing of their own.
for size in 16 24; do draw "$size" kronos-small.svg "${size}x${size}.png"; done
for size in 32 48 64 128 256 512; do draw "$size" kronos.svg "${size}x${size}.png"; done
draw 256 kronos.svg 128x128@2x.png # the name under which Linux desktops look for a doubled 128

convert 16x16.png 24x24.png 32x32.png 48x48.png 64x64.png 256x256.png icon.ico

# An .icns is a list of (type, length, PNG); https://en.wikipedia.org/wiki/Apple_Icon_Image_format
python3 - <<'PYTHON'
import pathlib, struct
sizes = {b"ic11": 32, b"ic12": 64, b"ic07": 128, b"ic08": 256, b"ic13": 256, b"ic09": 512, b"ic14": 512}
body = b""
for kind, size in sizes.items():
    png = pathlib.Path(f"{size}x{size}.png").read_bytes()
    body += kind + struct.pack(">I", len(png) + 8) + png
pathlib.Path("icon.icns").write_bytes(b"icns" + struct.pack(">I", len(body) + 8) + body)
PYTHON
