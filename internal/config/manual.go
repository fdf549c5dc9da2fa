package config

import (
	"fmt"
	"strings"
)

// Manual is the manual page usherd(8), made from the table of settings
// (man(7)): usherd -man | man -l -
func Manual(version string) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	item := func(name, text string) { line(".TP\n.B %s\n%s", roffed(name), roffed(text)) }
	line(".TH USHERD 8 \"\" \"usherd %s\" \"Usher\"", roffed(version))
	line(".SH NAME\nusherd \\- daemon of a TV box: plays films of a streaming service in the native player")
	line(".SH SYNOPSIS\n.B usherd\n.RI [ FLAGS ]")
	line(".SH DESCRIPTION\n%s", roffed("It serves the page for the television, the local API and the films for the player, all on this machine. Try it with usherd -demo, and run it with usherd -config /etc/usher/usher.toml. Defaults are overridden by the signed overlay of whoever made the box, that by the file, the file by what an installer's bundle set, and that by the environment and by flags."))
	line(".SH OPTIONS")
	for _, f := range plainFlags() {
		item(f[0], f[1])
	}
	for _, s := range settings() {
		if s.flag != "" {
			item("-"+s.flag+" "+s.arg, withDefault(s))
		}
	}
	line(".SH CONFIGURATION\n%s", roffed("The keys of the file, each with its environment variable."))
	for _, s := range settings() {
		item(s.key+", "+s.env(), withDefault(s))
	}
	item("[[service]], USHER_SERVICES=\"id=url …\"", "the services that the box carries: "+strings.Join(serviceKeys(), ", "))
	line(".SH EXIT STATUS")
	for code, text := range []string{"ended as it was told to", "ended by an error", "told something it does not understand", "an address is in use", "the state or cache folder cannot be used", "another usherd holds the state folder", "is to be started again", "the firmware that runs did not prove itself (-firmware-health)"} {
		item(fmt.Sprint(code), text)
	}
	line(".SH FILES")
	item("/etc/usher/usher.toml", "the configuration, when -config names it")
	item("/var/lib/usher, /var/cache/usher", "what must survive, and what may be lost")
	line(".SH SEE ALSO\n.BR usher (1)")
	return b.String()
}

// plainFlags are the flags that are no settings.
func plainFlags() [][2]string {
	return [][2]string{
		{"-config FILE", "read this configuration file (TOML)"},
		{"-demo", "everything inside: a service, films, a player; keeps nothing"},
		{"-paid", "with -demo: most films want an account, and some want to be paid, as at a real service"},
		{"-ready-file FILE", "write the page's address here once it can be opened"},
		{"-print-config", "print the configuration in force and where each value is from"},
		{"-clear-cec", "give back the HDMI-CEC address that a killed usherd left, and end"},
		{"-slots-helper", "be the program that may write firmware; usher-slots.socket starts it"},
		{"-firmware-health TIME", "wait so long for the firmware that runs to prove itself, and end; exit status 7: it did not"},
		{"-man", "print the manual page: usherd -man | man -l -"},
		{"-version", "print the version"},
	}
}

// roffed is text in which roff finds nothing to obey.
func roffed(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "\n", " ").Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		return `\&` + text
	}
	return text
}
