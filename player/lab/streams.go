//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Measures of the streams.
const (
	filmLength    = 16 * time.Second
	segmentLength = 2 * time.Second
	segments      = int(filmLength / segmentLength)
)

// makeStreams has ffmpeg make the streams in dir: a film in MPEG-TS (film) and
// in CMAF (cmaf), and each with two audio languages (langs-ts, langs-cmaf).
func makeStreams(ctx context.Context, dir string) error {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		return fmt.Errorf("make streams: %w; install it: sudo apt install ffmpeg", err)
	}
	one := []string{"-map", "0:v", "-map", "1:a"}
	two := []string{
		"-map", "0:v", "-map", "1:a", "-map", "2:a",
		"-master_pl_name", "index.m3u8", "-var_stream_map",
		"v:0,agroup:a a:0,agroup:a,language:en,default:yes a:1,agroup:a,language:de",
	}
	return errors.Join(
		makeStream(ctx, filepath.Join(dir, "film"), "mpegts", "index.m3u8", "s%02d.ts", one),
		makeStream(ctx, filepath.Join(dir, "cmaf"), "fmp4", "index.m3u8", "s%02d.m4s", one),
		makeStream(ctx, filepath.Join(dir, "langs-ts"), "mpegts", "v%v.m3u8", "v%v-s%02d.ts", two),
		makeStream(ctx, filepath.Join(dir, "langs-cmaf"), "fmp4", "v%v.m3u8", "v%v-s%02d.m4s", two),
	)
}

func makeStream(ctx context.Context, dir, kind, list, segment string, how []string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make stream: %w", err)
	}
	length := fmt.Sprint(filmLength.Seconds())
	args := []string{
		"-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25",
		"-f", "lavfi", "-i", "sine=440:sample_rate=44100", "-f", "lavfi", "-i", "sine=880:sample_rate=44100",
	}
	args = append(args, how...)
	args = append(args, "-t", length, "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-sc_threshold", "0", "-c:a", "aac",
		"-hls_time", fmt.Sprint(segmentLength.Seconds()), "-hls_playlist_type", "vod", "-hls_segment_type", kind,
		"-hls_segment_filename", segment, "-f", "hls", list)
	cmd := exec.CommandContext(ctx, "ffmpeg", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("make stream %q: %w: %s", filepath.Base(dir), err, out)
	}
	return nil
}
