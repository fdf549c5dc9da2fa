#!/usr/bin/env bash
# make-streams.sh makes the reference service's films: real HLS from ffmpeg's
# synthetic pictures, with a burnt-in clock and rung name and a beep a second.
#
#   make-streams.sh [-short] DIR
#
# -short (or USHER_STREAMS=short) makes small streams of 24 s, for tests.
# DIR is replaced as a whole when everything is made, so a reader never sees
# half of it; a second run does nothing unless this script changed.
#
#   ladder/    MPEG-TS, six rungs, 120 s, pictures for winding in WebVTT   testsrc2
#   carpet/    MPEG-TS, two rungs, 60 s            sierpinski
#   tongues/   CMAF, three rungs, 120 s, two audio languages, two WebVTT tracks   gradients
#   vault/     MPEG-TS, AES-128, one rung, 60 s    mandelbrot
#   single/    MPEG-TS, byte ranges of one file, 60 s   cellauto
#   loop/      MPEG-TS, two rungs, 64 s: the loop of the live channel   life
set -euo pipefail

mode=${USHER_STREAMS:-full}
if [ "${1:-}" = -short ]; then mode=short; shift; fi
case $mode in full | short) ;; *) echo "make-streams: USHER_STREAMS is \"$mode\"; use full or short" >&2; exit 2 ;; esac
if [ $# -ne 1 ] || [ -z "$1" ]; then echo "usage: make-streams.sh [-short] DIR" >&2; exit 2; fi
dir=${1%/}
for tool in ffmpeg flock sha256sum awk; do
	command -v "$tool" >/dev/null || { echo "make-streams: $tool is not installed; try: apt-get install ffmpeg util-linux coreutils gawk" >&2; exit 1; }
done
font=/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf
[ -r "$font" ] || { echo "make-streams: $font is missing; try: apt-get install fonts-dejavu-core" >&2; exit 1; }

version=$(sha256sum "$0" | cut -c1-16)-$mode
mkdir -p "$(dirname "$dir")"
exec 9>"$dir.lock"
flock 9 # two first runs at once: the second waits, then finds the work done
if [ "$(cat "$dir/VERSION" 2>/dev/null || true)" = "$version" ]; then
	echo "make-streams: $dir is current ($version)"
	exit 0
fi

rm -rf "$dir".tmp.* # of a run that was killed; we hold the lock
tmp=$dir.tmp.$$
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp"
began=$(date +%s)
fps=24
if [ "$mode" = short ]; then long=24; brief=24; turn=24; else long=120; brief=60; turn=64; fi

say() { echo "make-streams: $(($(date +%s) - began)) s: $*" >&2; } # progress, not output: some callers are redirected

# rung NAME gives width, height, level of a rung. Widths are even.
rung() {
	case $1 in
	240p) echo 426 240 2.1 ;; 360p) echo 640 360 3.0 ;; 432p) echo 768 432 3.1 ;;
	540p) echo 960 540 3.1 ;; 720p) echo 1280 720 3.1 ;; 1080p) echo 1920 1080 4.0 ;;
	esac
}

# codec NAME gives the RFC 6381 name of a rung's picture: constrained baseline, which is what ultrafast makes.
codec() {
	case $1 in 240p) echo avc1.42c015 ;; 360p) echo avc1.42c01e ;; 1080p) echo avc1.42c028 ;; *) echo avc1.42c01f ;; esac
}

# picture NAME TITLE burns clock, rung and title into a rung.
picture() {
	local w h
	read -r w h _ <<<"$(rung "$1")"
	printf "scale=%d:%d:flags=fast_bilinear,setsar=1,format=yuv420p" "$w" "$h"
	printf ",drawtext=fontfile=%s:text='%%{pts\\\\:hms}':fontsize=%d:fontcolor=white:x=(w-tw)/2:y=h*0.70:box=1:boxcolor=black@0.55:boxborderw=%d" "$font" $((h / 8)) $((h / 40))
	printf ",drawtext=fontfile=%s:text='%s  %s':fontsize=%d:fontcolor=0xffd27f:x=w*0.05:y=h*0.07:box=1:boxcolor=black@0.55:boxborderw=%d" "$font" "$1" "$2" $((h / 14)) $((h / 60))
}

# graph TITLE SOURCEFILTERS RUNG:KBIT... is the filter graph: one source, split into the rungs.
graph() {
	local title=$1 source=$2 n=$(($# - 2)) i=0 r
	shift 2
	printf '%s,split=%d' "$source" "$n"
	for r in "$@"; do printf '[s%d]' $i; i=$((i + 1)); done
	i=0
	for r in "$@"; do
		printf ';[s%d]%s[v%d]' $i "$(picture "${r%%:*}" "$title")" $i
		i=$((i + 1))
	done
}

# rate KBIT AUDIOKBIT gives the video's share in kbit/s, so that no 4 s segment exceeds the rung's BANDWIDTH:
# 7 % are left for the container, and a buffer of half a second may add an eighth.
rate() { echo $((($1 * 93 / 100 - $2 - 5) * 8 / 9)); }

# video RUNG KBIT AUDIOKBIT gives the encoder's arguments.
video() {
	local k level
	k=$(rate "$2" "$3")
	read -r _ _ level <<<"$(rung "$1")"
	echo -c:v libx264 -preset ultrafast -level "$level" -b:v "${k}k" -maxrate "${k}k" -bufsize $((k / 2))k \
		-g $((fps * 4)) -keyint_min $((fps * 4)) -sc_threshold 0
}

hls="-f hls -hls_time 4 -hls_list_size 0 -hls_playlist_type vod"
ff() { ffmpeg -hide_banner -loglevel error -nostdin -y "$@"; }

# peak FOLDER gives the highest and the mean bit rate of a media playlist's segments.
peak() {
	(cd "$1" && awk '
		/^#EXTINF:/ { split(substr($0, 9), f, ","); d = f[1] }
		/^#EXT-X-BYTERANGE:/ { split(substr($0, 18), b, "@"); size = b[1] }
		/^[^#]/ { if (size == "") { cmd = "stat -c %s " $0; cmd | getline size; close(cmd) }
			if (size * 8 / d > top) top = size * 8 / d
			bits += size * 8; time += d; size = "" }
		END { printf "%d %d\n", top + 1, bits / time + 1 }' index.m3u8)
}

# length FOLDER gives a media playlist's playing time in ms.
length() { awk '/^#EXTINF:/ { split(substr($0, 9), f, ","); t += f[1] } END { printf "%d", t * 1000 + 0.5 }' "$1/index.m3u8"; }

# variant STREAM RUNG KBIT AUDIOFOLDER EXTRA writes one variant to the multivariant playlist.
variant() {
	local w h top mean atop=0 amean=0 bandwidth
	read -r w h _ <<<"$(rung "$2")"
	read -r top mean <<<"$(peak "$tmp/$1/$2")"
	if [ -n "$4" ]; then read -r atop amean <<<"$(peak "$tmp/$1/$4")"; fi
	top=$((top + atop)) mean=$((mean + amean)) bandwidth=$(($3 * 1000))
	if [ "$top" -gt "$bandwidth" ]; then bandwidth=$top; say "note: $1/$2 peaks at $top bit/s, above its $3 kbit/s"; fi
	echo "#EXT-X-STREAM-INF:BANDWIDTH=$bandwidth,AVERAGE-BANDWIDTH=$mean,RESOLUTION=${w}x$h,FRAME-RATE=$fps.000,CODECS=\"$(codec "$2"),mp4a.40.2\"$5"
	echo "$2/index.m3u8"
}

# ts STREAM TITLE SECONDS SOURCE HERTZ "HLS ARGUMENTS" RUNG:KBIT... makes a MPEG-TS ladder.
ts() {
	local stream=$1 title=$2 seconds=$3 source=$4 hertz=$5 extra=$6 i=0 r args=()
	shift 6
	say "$stream: $# rungs, $seconds s"
	for r in "$@"; do
		mkdir -p "$tmp/$stream/${r%%:*}"
		# shellcheck disable=SC2046,SC2206,SC2207 # the lists are meant to be split
		args+=(-map "[v$i]" -map 0:a $(video "${r%%:*}" "${r##*:}" 64) -c:a aac -b:a 64k -ac 2 -t "$seconds" $hls $extra)
		case $extra in *single_file*) ;; *) args+=(-hls_segment_filename "$tmp/$stream/${r%%:*}/%05d.ts") ;; esac
		args+=("$tmp/$stream/${r%%:*}/index.m3u8")
		i=$((i + 1))
	done
	ff -f lavfi -i "sine=frequency=$hertz:beep_factor=4:sample_rate=48000:duration=$seconds" \
		-filter_complex "$(graph "$title" "$source" "$@")" "${args[@]}"
	{
		printf '#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-INDEPENDENT-SEGMENTS\n'
		for r in "$@"; do variant "$stream" "${r%%:*}" "${r##*:}" "" ""; done
	} >"$tmp/$stream/master.m3u8"
	case $stream in
	loop | vault) record "$stream" "${1%%:*}" ;; # a channel has no such pictures, and an encrypted film shows none in the clear
	*) thumbnails "$stream" "${1%%:*}"; record "$stream" "${1%%:*}" pictures.vtt ;;
	esac
}

# record STREAM FOLDER notes a finished stream for the manifest.
streams=
record() { streams="$streams${streams:+,}\"$1\":{\"durationMs\":$(length "$tmp/$1/$2")${3:+,\"thumbnails\":\"$3\"}}"; }

# sheet STREAM FOLDER makes one image of a stream's key frames, which are 4 s apart: 160x90 each, five in a row.
sheet() {
	local n=$((($(length "$tmp/$1/$2") + 3999) / 4000))
	rows=$(((n + 4) / 5))
	ff -skip_frame nokey -i "$tmp/$1/$2/index.m3u8" -an -vf "scale=160:90,tile=5x$rows" -frames:v 1 -fps_mode vfr -q:v 6 "$tmp/$1/pictures.jpg"
}

# thumbnails STREAM FOLDER makes pictures for winding, with a WebVTT file that says where each is.
thumbnails() {
	sheet "$1" "$2"
	awk -v ms="$(length "$tmp/$1/$2")" '
		function clock(s) { return sprintf("%02d:%02d:%06.3f", s / 3600, (s % 3600) / 60, s % 60) }
		BEGIN {
			print "WEBVTT"
			for (i = 0; i * 4000 < ms; i++) {
				to = (i + 1) * 4; if (to * 1000 > ms) to = ms / 1000
				printf "\n%s --> %s\npictures.jpg#xywh=%d,%d,160,90\n", clock(i * 4), clock(to), i % 5 * 160, int(i / 5) * 90
			}
		}' >"$tmp/$1/pictures.vtt"
}

# subtitles LANGUAGE SECONDS writes a segmented WebVTT track: a cue each 4 s, segments of 8 s.
subtitles() {
	local out=$tmp/tongues/s-$1
	mkdir -p "$out"
	awk -v lang="$1" -v seconds="$2" -v out="$out" '
		function clock(s) { return sprintf("%02d:%02d:%02d.000", s / 3600, (s % 3600) / 60, s % 60) }
		BEGIN {
			n = split(lang == "zh" ? "灯亮了，故事开始。|风从海上来。|她在信里写道：等我。|没有人说话，只有钟声。|再走一段就到家了。" \
				: "The lamp is lit, and the story begins.|The wind comes in from the sea.|“Wait for me,” she wrote in the letter.|Nobody speaks; only the clock is heard.|One more mile, and we are home.", line, "|")
			list = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:8\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n"
			for (i = 0; i * 8 < seconds; i++) {
				name = sprintf("%05d.vtt", i); d = seconds - i * 8; if (d > 8) d = 8
				list = list sprintf("#EXTINF:%.3f,\n%s\n", d, name)
				text = "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n"
				for (t = i * 8; t < i * 8 + d; t += 4)
					text = text sprintf("\n%s --> %s\n%s\n%s\n", clock(t), clock(t + 3), substr(clock(t), 4, 5), line[(t / 4) % n + 1])
				printf "%s", text > (out "/" name); close(out "/" name)
			}
			printf "%s#EXT-X-ENDLIST\n", list > (out "/index.m3u8")
		}'
}

# cmaf makes the CMAF ladder with audio and subtitles apart.
cmaf() {
	local i=0 r args=() lang fmp4="-hls_segment_type fmp4 -hls_fmp4_init_filename init.mp4"
	say "tongues: $# CMAF rungs, en and de, subtitles, $long s"
	for r in "$@"; do
		mkdir -p "$tmp/tongues/${r%%:*}"
		# shellcheck disable=SC2046,SC2206,SC2207
		args+=(-map "[v$i]" $(video "${r%%:*}" "${r##*:}" 70) -t "$long" $hls $fmp4
			-hls_segment_filename "$tmp/tongues/${r%%:*}/%05d.m4s" "$tmp/tongues/${r%%:*}/index.m3u8")
		i=$((i + 1))
	done
	i=0
	for lang in en de; do
		mkdir -p "$tmp/tongues/a-$lang"
		# shellcheck disable=SC2206
		args+=(-map "$i:a" -c:a aac -b:a 64k -ac 2 -t "$long" $hls $fmp4
			-hls_segment_filename "$tmp/tongues/a-$lang/%05d.m4s" "$tmp/tongues/a-$lang/index.m3u8")
		i=$((i + 1))
	done
	ff -f lavfi -i "sine=frequency=440:beep_factor=4:sample_rate=48000:duration=$long" \
		-f lavfi -i "sine=frequency=330:beep_factor=3:sample_rate=48000:duration=$long" \
		-filter_complex "$(graph tongues "gradients=s=640x360:r=$fps:d=$long:n=5:c0=0x10243e:c1=0xd9822b:c2=0x7a2f4b:c3=0x1f6f6b:c4=0xf1d9a7:speed=0.02,format=yuv420p,noise=alls=9:allf=t" "$@")" "${args[@]}"
	subtitles en "$long"
	subtitles zh "$long"
	sheet tongues "${1%%:*}"
	printf '#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:%d\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-IMAGES-ONLY\n#EXT-X-TILES:RESOLUTION=160x90,LAYOUT=5x%d,DURATION=4.0\n#EXTINF:%d.000,\npictures.jpg\n#EXT-X-ENDLIST\n' \
		"$long" "$rows" "$long" >"$tmp/tongues/pictures.m3u8"
	{
		printf '#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n'
		echo '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="a-en/index.m3u8"'
		echo '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="Deutsch",LANGUAGE="de",DEFAULT=NO,AUTOSELECT=YES,CHANNELS="2",URI="a-de/index.m3u8"'
		echo '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="vtt",NAME="English",LANGUAGE="en",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI="s-en/index.m3u8"'
		echo '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="vtt",NAME="简体中文",LANGUAGE="zh-Hans",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI="s-zh/index.m3u8"'
		for r in "$@"; do variant tongues "${r%%:*}" "${r##*:}" a-en ',AUDIO="aac",SUBTITLES="vtt"'; done
		echo "#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=$(($(stat -c %s "$tmp/tongues/pictures.jpg") * 8 / long + 1)),RESOLUTION=160x90,CODECS=\"jpeg\",URI=\"pictures.m3u8\""
	} >"$tmp/tongues/master.m3u8"
	record tongues "${1%%:*}"
}

# vault makes the encrypted stream: one key, and one IV that the playlist names.
vault() {
	mkdir -p "$tmp/vault/$2"
	head -c 16 /dev/urandom >"$tmp/vault/key.bin"
	printf '../key.bin\n%s\n' "$tmp/vault/key.bin" >"$tmp/keyinfo"
	ts vault vault "$brief" "mandelbrot=s=320x180:r=$fps:maxiter=600:end_pts=900,trim=duration=$brief" 523 "-hls_key_info_file $tmp/keyinfo" "$1"
	rm "$tmp/keyinfo"
}

if [ "$mode" = short ]; then
	ladder="240p:300 360p:600"
	rungs="240p:300 360p:600"
	carpet="240p:300 360p:600"
	small=240p:400
else
	ladder="240p:300 360p:700 432p:1200 540p:2000 720p:3500 1080p:5000"
	rungs="360p:500 540p:1100 720p:2200"
	carpet="360p:500 540p:1200"
	small=432p:900
fi
# shellcheck disable=SC2086 # the rung lists are meant to be split
{
	# The sound of a round is whole frames of AAC, the encoder's first and empty one included: the next round follows without a gap.
	ts loop live "$turn" "life=s=160x90:r=$fps:mold=10:ratio=0.18:random_seed=7:death_color=0x5b1e3a:life_color=0xffd27f:mold_color=0x16324f,trim=duration=$turn,scale=640:360:flags=neighbor" 392 "-af atrim=end_sample=$(((turn * 48000 / 1024 - 1) * 1024))" $carpet
	ts carpet carpet "$brief" "sierpinski=s=480x270:r=$fps:type=carpet:seed=11:jump=60,trim=duration=$brief,format=yuv420p,lutyuv=y=val*0.45+45:u=112:v=152" 349 "" $carpet
	ts single single "$brief" "cellauto=s=320x180:r=$fps:rule=110:random_seed=5:ratio=0.3,trim=duration=$brief,format=yuv420p,lutyuv=y=val*0.35+40:u=144:v=112" 294 "-hls_flags single_file" "$small"
	vault "$small" "${small%%:*}"
	cmaf $rungs
	ts ladder ladder "$long" "testsrc2=s=960x540:r=$fps:d=$long,hue=h=20*sin(t/9):s=0.7,noise=alls=10:allf=t" 440 "" $ladder
}
printf '{"version":"%s","streams":{%s}}\n' "$version" "$streams" >"$tmp/streams.json"
echo "$version" >"$tmp/VERSION"
sync -f "$tmp/VERSION"

old=$dir.old.$$
if [ -e "$dir" ]; then mv "$dir" "$old"; fi
mv "$tmp" "$dir"
rm -rf "$old"
say "done: $(du -sh "$dir" | cut -f1) in $dir"
