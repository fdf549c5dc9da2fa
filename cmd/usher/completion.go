package main

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"usher/device/remote"
)

// completion prints a script made from the table of verbs.
func completion(_ context.Context, a *app, words []string) error {
	if words[0] != "bash" {
		return usage(fmt.Sprintf("There is no completion for %q.", words[0]), "Use: usher completion bash")
	}
	keys := []string{}
	for _, k := range remote.Keys() {
		keys = append(keys, string(k))
	}
	params, methods := rpcCases()
	fmt.Fprintf(a.out, `# bash completion for usher; use it with: source <(usher completion bash)
_usher() {
    local word=${COMP_WORDS[COMP_CWORD]} verb= i
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            -socket|--socket) ((i++)) ;;
            -*) ;;
            *) verb=${COMP_WORDS[i]}; break ;;
        esac
    done
    local words=
    local after=${COMP_WORDS[i + 1]}
    case $verb in
        "") words="%s --json -socket" ;;
        key) words="%s" ;;
        help) words="%s" ;;
        volume) words="mute unmute toggle" ;;
        cache) words="%s %s" ;;
        completion) words="bash" ;;
        rpc)
            words="%s"
            if ((COMP_CWORD > i + 1)); then
                words=
                compopt -o nospace
                case $after in
%s                esac
            fi ;;
    esac
    if [[ $word == -* ]]; then
        case $verb in
%s        esac
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _usher usher
`, strings.Join(verbNames(), " "), strings.Join(keys, " "), strings.Join(verbNames(), " "),
		strings.Join(cacheNames(), " "), strings.Join(cacheClasses(), " "), methods, params, a.flagCases())
	return nil
}

// flagCases are the arms of the script's case over verbs.
func (a *app) flagCases() string {
	var text strings.Builder
	for _, v := range verbs() {
		names := []string{}
		a.flags(v).VisitAll(func(f *flag.Flag) { names = append(names, "--"+f.Name) })
		fmt.Fprintf(&text, "            %s) words=%q ;;\n", v.name, strings.Join(names, " "))
	}
	return text.String()
}
