package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// verb is one thing the command can do.
type verb struct {
	name    string
	args    string // for the usage line
	min     int
	most    int // words after the verb; negative: any number
	summary string
	detail  string
	flags   func(*flag.FlagSet, *options)
	run     func(context.Context, *app, []string) error
}

// verbs are all there are, in the order of the list: what people watch, what
// installers do, and the box itself.
func verbs() []verb { return slices.Concat(filmVerbs(), installerVerbs(), oemVerbs(), boxVerbs()) }

func filmVerbs() []verb {
	return []verb{
		{name: "status", summary: "what plays, on which player, from which services", run: status},
		{name: "services", summary: "the services on this box", run: services},
		{name: "search", args: "WORDS…", min: 1, most: -1, summary: "find titles", run: search, flags: searchFlags},
		{
			name: "play", args: "ID | WORDS…", min: 1, most: -1, summary: "play a title and wait until it does", run: play, flags: playFlags,
			detail: "WORDS are looked up: the title is played if one fits best, otherwise the candidates are listed (exit 2).\nA series means its next unfinished episode.",
		},
		command("pause", "player.pause", "hold the picture"),
		command("resume", "player.resume", "continue"),
		command("stop", "player.stop", "end the title, keep its position"),
		command("next", "player.next", "go to the next episode"),
		command("live", "player.live", "go to where the channel is live"),
		command("standby", "power.standby", "put the box to standby"),
		command("wake", "power.wake", "wake the box, and show it on the television"),
		{name: "tv", args: "BUTTON", min: 1, most: 1, summary: "press a button of the demo's television", detail: tvDetail, run: tv},
		{
			name: "seek", args: "+30 | -10 | 1:23:45 | 90s", min: 1, most: 1, summary: "move within the title", run: seek,
			detail: "With a sign: from where it is. Without: to there. Plain numbers are seconds.",
		},
		{
			name: "chapter", args: "[+1 | -1]", most: 1, summary: "list the chapters, or go on or back by so many", run: chapter,
		},
		{
			name: "volume", args: "[40 | +5 | -5 | mute | unmute | toggle]", most: 1, summary: "show or change the volume, in percent", run: volume,
		},
		{
			name: "rate", args: "0.5…2", min: 1, most: 1, summary: "how fast the title runs; 1 is normal", run: rate,
			detail: "Kept until the title ends. A percentage will do: 125%.",
		},
		{
			name: "tracks", args: "[audio ID|LANGUAGE | subtitles ID|LANGUAGE|off | delay audio|subtitles ±SECONDS | picture WIDTH:HEIGHT|fill|own]", most: 3,
			summary: "sound, subtitles and the shape of the picture", run: tracks, detail: tracksDetail,
		},
		{
			name: "ledger", args: "[verify]", most: 1, summary: "what was paid and refunded, in a chain that can be checked", detail: ledgerDetail, run: ledger,
		},
		{name: "purchases", summary: "what was bought, and what was tried", run: purchases},
		{
			name: "profile", args: "[list | use NAME | leave | add NAME | change NAME | pin NAME | remove NAME | reset NAME]", most: 2,
			summary: "who watches, and what they may see", detail: profileDetail, run: profileVerb, flags: profileFlagSet,
		},
	}
}

func boxVerbs() []verb {
	return []verb{
		{name: "key", args: "KEY…", min: 1, most: 50, summary: "press keys of the remote control, or hold them", run: key, flags: keyFlags},
		{name: "remote", args: "list | learn | test", min: 1, most: 1, summary: "the remote controls of the box", detail: remoteDetail, run: remotes},
		{
			name: "phone", args: "list | pair | on | off | revoke ID|NAME|all", min: 1, most: 2,
			summary: "phones that act as remotes: let one in by a code, or remove it", detail: phoneDetail, run: phoneVerb,
		},
		{
			name: "cache", args: "status | url URL | prefetch URL | pin URL | unpin URL | clear [CLASS…] | verify", min: 1, most: -1,
			summary: "the segment cache: how it stands, and its address of a stream", detail: cacheDetail, run: cache, flags: cacheFlags,
		},
		{
			name: "firmware", args: "status | check | install | postpone DURATION | rollback | history", min: 1, most: 2,
			summary: "the box's firmware: what runs, what is new, and the way back", detail: firmwareDetail, run: firmwareVerb,
		},
		{name: "player", args: "lab", min: 1, most: 1, summary: "examine a native player", detail: labDetail, run: players, flags: labFlagSet},
		{name: "watch", summary: "print what changes, until Ctrl-C", run: watch},
		{name: "journal", args: "[EVENTS]", most: 1, summary: "what the box took in lately, without secrets, for a file: usher journal > FILE", run: readJournal},
		{name: "replay", args: "FILE", min: 1, most: 1, summary: "take a journal's events once more, and see whether the same comes of it", detail: replayDetail, run: replay},
		{name: "rpc", args: "METHOD [NAME=VALUE… | JSON]", min: 1, most: 32, summary: "make one call of the local API", detail: rpcDetail, run: rpc},
		{name: "doctor", summary: "check the box (exit 1 when something is wrong)", run: doctor},
		{name: "why", args: strings.Join(whyTopics(), "|"), min: 1, most: 1, summary: "what decided about the picture, a start, a stall, the TV or power", detail: whyDetail, run: why},
		{name: "version", summary: "the versions of this command and of the daemon", run: versions},
		{name: "completion", args: "bash", min: 1, most: 1, summary: "print a script for the shell", run: completion},
		{name: "help", args: "[VERB]", most: 1, summary: "this list, or more about a verb", run: help},
	}
}

func searchFlags(fs *flag.FlagSet, o *options) {
	fs.IntVar(&o.limit, "limit", 20, "find at most `N` titles, 1 to 50")
}

func playFlags(fs *flag.FlagSet, o *options) {
	fs.DurationVar(&o.timeout, "timeout", 20*time.Second, "give up waiting after this long (exit 6)")
	fs.BoolVar(&o.noWait, "no-wait", false, "do not wait until it plays")
	fs.BoolVar(&o.start, "start", false, "from the beginning, not from where it was left")
	fs.StringVar(&o.at, "at", "", "begin at `TIME`, such as 1:23:45 or 90s")
}

func keyFlags(fs *flag.FlagSet, o *options) {
	fs.StringVar(&o.action, "action", "press", "`press`, repeat or release")
	fs.DurationVar(&o.hold, "hold", 0, "hold each key for `DURATION`, 1ms to 30s, as on a remote: it repeats, and is let go")
}

// command is a verb that is one call without params.
func command(name, method, summary string) verb {
	return verb{name: name, summary: summary, run: func(ctx context.Context, a *app, _ []string) error {
		return a.command(ctx, method, nil)
	}}
}

func find(name string) (verb, bool) {
	list := verbs()
	i := slices.IndexFunc(list, func(v verb) bool { return v.name == name })
	if i < 0 {
		return verb{}, false
	}
	return list[i], true
}

func verbNames() []string {
	names := []string{}
	for _, v := range verbs() {
		names = append(names, v.name)
	}
	return names
}

func help(_ context.Context, a *app, words []string) error {
	if len(words) == 1 {
		v, ok := find(words[0])
		if !ok {
			return usage(fmt.Sprintf("There is no verb %q.", words[0]), "List the verbs: usher help")
		}
		return a.explain(v)
	}
	if a.opt.json {
		list := []map[string]string{}
		for _, v := range verbs() {
			list = append(list, map[string]string{"verb": v.name, "args": v.args, "summary": v.summary})
		}
		return a.print(map[string]any{"verbs": list})
	}
	fmt.Fprintln(a.out, "usher VERB: command line of an Usher box")
	fmt.Fprintln(a.out)
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, v := range verbs() {
		fmt.Fprintf(w, "  %s\t%s\n", v.name, v.summary)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(a.out)
	fmt.Fprintln(a.out, "Every verb has --json and -socket PATH. More about one: usher help VERB")
	fmt.Fprintln(a.out, "Exit codes: 0 done, 1 failed, 2 usage, 3 not paired, 4 refused, 5 daemon not reachable, 6 timed out, 7 partly done")
	return nil
}

func (a *app) explain(v verb) error {
	fmt.Fprintf(a.out, "usher %s\n\n%s.\n", strings.TrimSpace(v.name+" [flags] "+v.args), strings.ToUpper(v.summary[:1])+v.summary[1:])
	if v.detail != "" {
		fmt.Fprintln(a.out, v.detail)
	}
	fmt.Fprintln(a.out)
	fs := a.flags(v)
	fs.SetOutput(a.out)
	fs.PrintDefaults()
	return nil
}
