// Package speech says sentences aloud with a program of the system:
// speech-dispatcher's spd-say, or espeak-ng.
//
// Say never blocks: a new sentence takes the place of the one that waits and
// silences the one that is being said, because who moves on wants to hear where
// they are now, not where they were. What is said goes to the program by its
// standard input, never through a shell or its arguments, is at most MaxText
// long, and a program that does not end in time is killed. Run blocks until its
// context ends and leaves no process behind. The package never logs what is
// said: it names what a household watches.
package speech

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode"
)

// MaxText is how much of a sentence is said, in runes.
const MaxText = 400

// The times of a program.
const (
	sayTime  = 40 * time.Second // for one sentence
	killTime = time.Second      // from being told to end to being killed
)

// The rates a voice may have, in words a minute.
const (
	slowest = 80
	fastest = 450
	usual   = 175
)

// ErrNone says that no program is there.
var ErrNone = errors.New("neither spd-say nor espeak-ng is installed")

// Sentence is what is to be said.
type Sentence struct {
	Text     string
	Language string // BCP 47; one that no voice is known for is said in English
	Rate     int    // words a minute, 80 to 450; 0 is 175
}

// Speaker says one sentence at a time.
type Speaker struct {
	program program
	log     *slog.Logger

	mu      sync.Mutex
	next    *Sentence
	silence context.CancelFunc // of what is being said; nil: nothing is
	wake    chan struct{}
}

// program is how a program is called.
type program struct {
	path string
	args func(s Sentence) []string
}

// New finds the program: "auto" (speech-dispatcher where it is, else
// espeak-ng), "speech-dispatcher" or "espeak-ng". The error is ErrNone when it
// is not installed.
func New(kind string, log *slog.Logger) (*Speaker, error) {
	p, err := find(kind, exec.LookPath)
	if err != nil {
		return nil, err
	}
	return &Speaker{program: p, log: log, wake: make(chan struct{}, 1)}, nil
}

func find(kind string, look func(string) (string, error)) (program, error) {
	if kind == "auto" || kind == "speech-dispatcher" {
		if path, err := look("spd-say"); err == nil {
			return program{path, dispatcherArgs}, nil
		}
	}
	if kind == "auto" || kind == "espeak-ng" {
		if path, err := look("espeak-ng"); err == nil {
			return program{path, espeakArgs}, nil
		}
	}
	return program{}, fmt.Errorf("find a voice (%s): %w", kind, ErrNone)
}

// voice is the language as espeak-ng and speech-dispatcher name it.
func voice(tag string) string {
	primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
	switch primary {
	case "zh":
		return "cmn"
	case "de", "id", "th", "fr", "es", "it", "pt", "ja", "ko", "vi", "ms", "nl", "pl", "ru", "tr", "sv", "da", "nb", "fi", "cs", "hi", "ar":
		return primary
	}
	return "en"
}

func espeakArgs(s Sentence) []string {
	return []string{"-v", voice(s.Language), "-s", strconv.Itoa(s.Rate), "--stdin"}
}

// dispatcherArgs: spd-say takes -100 to 100 where 0 is about 175 words.
func dispatcherArgs(s Sentence) []string {
	rate := min(max((s.Rate-usual)*100/(fastest-usual), -100), 100)
	return []string{"-l", voice(s.Language), "-r", strconv.Itoa(rate), "-w", "-e"}
}

// Say has a sentence said next, instead of the one that is being said. An empty
// one is silence.
func (s *Speaker) Say(one Sentence) {
	one.Text = clean(one.Text)
	if one.Rate == 0 {
		one.Rate = usual
	}
	one.Rate = min(max(one.Rate, slowest), fastest)
	s.mu.Lock()
	s.next = &one
	if s.silence != nil {
		s.silence()
	}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// clean is text without signs that programs might take for commands: control
// characters, and the angle brackets of SSML.
func clean(text string) string {
	out := make([]rune, 0, min(len(text), MaxText))
	for _, r := range strings.TrimSpace(text) {
		if len(out) == MaxText {
			break
		}
		if unicode.IsControl(r) || r == '<' || r == '>' || r == unicode.ReplacementChar {
			r = ' '
		}
		out = append(out, r)
	}
	return string(out)
}

// Run says what it is given until ctx ends.
func (s *Speaker) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		}
		for one, said := s.take(ctx); one != nil; one, said = s.take(ctx) {
			if one.Text != "" {
				s.say(said, *one)
			}
			s.done()
		}
	}
}

// take gives the sentence that waits, and the context that ends with the next.
func (s *Speaker) take(ctx context.Context) (*Sentence, context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.next
	if one == nil || ctx.Err() != nil {
		return nil, nil
	}
	s.next = nil
	said, silence := context.WithTimeout(ctx, sayTime)
	s.silence = silence
	return one, said
}

func (s *Speaker) done() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.silence()
	s.silence = nil
}

func (s *Speaker) say(ctx context.Context, one Sentence) {
	cmd := exec.CommandContext(ctx, s.program.path, s.program.args(one)...)
	cmd.Stdin = strings.NewReader(one.Text + "\n")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = killTime
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Run(); err != nil && ctx.Err() == nil {
		s.log.Warn("Sentence not said", "error", err)
	}
}
