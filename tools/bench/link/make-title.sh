#!/usr/bin/env bash
# make-title.sh makes the film of `make bench-link`: ten minutes, six rungs of
# a constant bit rate (0.3, 0.7, 1.2, 2.4, 4.5 and 8 Mb/s), segments of 4 s.
#
#   make-title.sh DIR [SECONDS]
#
#   DIR/ts/     MPEG-TS, sound in every rung
#   DIR/cmaf/   the same pictures as CMAF, sound apart
#
# The pictures are small and filled up with filler data, so that decoding them
# does not disturb what is measured; the playlists name the sizes that such
# rates are used for. DIR is replaced as a whole when all is made; a second run
# does nothing unless this script changed. About two minutes and 2.6 GB.
set -euo pipefail

if [ $# -lt 1 ] || [ -z "$1" ]; then echo "usage: make-title.sh DIR [SECONDS]" >&2; exit 2; fi
dir=${1%/} seconds=${2:-600}
for tool in ffmpeg flock sha256sum awk; do
	command -v "$tool" >/dev/null || { echo "make-title: $tool is not installed; try: apt-get install ffmpeg util-linux coreutils gawk" >&2; exit 1; }
done
version=$(sha256sum "$0" | cut -c1-16)-$seconds
mkdir -p "$(dirname "$dir")"
exec 9>"$dir.lock"
flock 9
if [ "$(cat "$dir/VERSION" 2>/dev/null || true)" = "$version" ]; then exit 0; fi
rm -rf "$dir".tmp.*
tmp=$dir.tmp.$$
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/raw" "$tmp/ts" "$tmp/cmaf"
ff() { ffmpeg -hide_banner -loglevel error -nostdin -y "$@"; }
say() { echo "make-title: $*" >&2; }

# name, bit/s of the rung, size of the pictures, size that the playlist names
rungs="r0:300000:192x108:426x240 r1:700000:256x144:640x360 r2:1200000:320x180:768x432
r3:2400000:384x216:960x540 r4:4500000:512x288:1280x720 r5:8000000:640x360:1920x1080"

say "encoding $seconds s in six rungs"
args=() graph="testsrc2=s=640x360:r=25:d=$seconds,noise=alls=4:allf=t,split=6[s0][s1][s2][s3][s4][s5]" i=0
for r in $rungs; do
	IFS=: read -r name rate size _ <<<"$r"
	kbit=$((rate * 94 / 100000 - 90)) # the rest is for sound and container
	graph="$graph;[s$i]scale=${size/x/:}:flags=fast_bilinear,format=yuv420p[v$i]"
	args+=(-map "[v$i]" -c:v libx264 -preset ultrafast -g 100 -keyint_min 100 -sc_threshold 0
		-b:v ${kbit}k -minrate ${kbit}k -maxrate ${kbit}k -bufsize $((kbit / 4))k -nal-hrd cbr "$tmp/raw/$name.nut")
	i=$((i + 1))
done
ff -f lavfi -i "sine=frequency=440:beep_factor=4:sample_rate=48000:duration=$seconds" \
	-filter_complex "$graph" "${args[@]}" -map 0:a -c:a aac -b:a 64k -ac 2 "$tmp/raw/sound.nut"

hls="-c copy -f hls -hls_time 4 -hls_list_size 0 -hls_playlist_type vod"
fmp4="$hls -hls_segment_type fmp4 -hls_fmp4_init_filename init.mp4"
say "cutting"
# shellcheck disable=SC2086 # the lists are meant to be split
{
	mkdir -p "$tmp/cmaf/sound"
	ff -i "$tmp/raw/sound.nut" $fmp4 -hls_segment_filename "$tmp/cmaf/sound/%05d.m4s" "$tmp/cmaf/sound/index.m3u8"
	for r in $rungs; do
		name=${r%%:*}
		mkdir -p "$tmp/ts/$name" "$tmp/cmaf/$name"
		ff -i "$tmp/raw/$name.nut" -i "$tmp/raw/sound.nut" $hls -hls_segment_filename "$tmp/ts/$name/%05d.ts" "$tmp/ts/$name/index.m3u8"
		ff -i "$tmp/raw/$name.nut" $fmp4 -hls_segment_filename "$tmp/cmaf/$name/%05d.m4s" "$tmp/cmaf/$name/index.m3u8"
	done
}

# master FOLDER FIRSTLINES EXTRA writes a multivariant playlist and checks the rates.
master() {
	printf '%b' "$2" >"$tmp/$1/master.m3u8"
	for r in $rungs; do
		IFS=: read -r name rate _ shown <<<"$r"
		peak=$(stat -c %s "$tmp/$1/$name"/0* | awk '$1 > m { m = $1 } END { print m * 2 }') # 4 s
		if [ "$peak" -gt "$rate" ]; then say "$1/$name peaks at $peak bit/s, above its $rate"; exit 1; fi
		echo "#EXT-X-STREAM-INF:BANDWIDTH=$rate,AVERAGE-BANDWIDTH=$rate,RESOLUTION=$shown,FRAME-RATE=25.000,CODECS=\"avc1.42c01e,mp4a.40.2\"$3"
		echo "$name/index.m3u8"
	done >>"$tmp/$1/master.m3u8"
}
master ts '#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-INDEPENDENT-SEGMENTS\n' ''
master cmaf '#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="sound/index.m3u8"\n' ',AUDIO="aac"'
rm -rf "$tmp/raw"
echo "$version" >"$tmp/VERSION"
rm -rf "$dir"
mv "$tmp" "$dir"
say "done: $(du -sh "$dir" | cut -f1)"
