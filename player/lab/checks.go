//go:build linux

package lab

import (
	"context"
	"fmt"
	"slices"
)

// check is how one row is found out.
type check struct {
	id       string
	area     string
	item     string
	required bool
	run      func(context.Context, *bench) verdict
}

// verdict is what a check found.
type verdict struct {
	result Result
	seen   string
}

func pass(format string, args ...any) verdict { return verdict{Pass, fmt.Sprintf(format, args...)} }
func fail(format string, args ...any) verdict { return verdict{Fail, fmt.Sprintf(format, args...)} }
func none(format string, args ...any) verdict { return verdict{None, fmt.Sprintf(format, args...)} }

// hold is pass or fail.
func hold(ok bool, format string, args ...any) verdict {
	if ok {
		return pass(format, args...)
	}
	return fail(format, args...)
}

// checks is the checklist, in the order it is worked through: what disturbs
// the player most comes last.
func checks() []check {
	return slices.Concat(nameChecks(), openChecks(), positionChecks(), seekChecks(), controlChecks(), endChecks(), drivenChecks(), trackChecks(), drivenTrouble())
}

// IDs are the identifiers of all rows, in order.
func IDs() []string {
	var ids []string
	for _, c := range checks() {
		ids = append(ids, c.id)
	}
	return ids
}

// played runs a check on the film playing from its start.
func played(run func(context.Context, *bench) verdict) func(context.Context, *bench) verdict {
	return func(ctx context.Context, b *bench) verdict {
		if err := b.play(ctx, filmA); err != nil {
			return fail("%v", err)
		}
		return run(ctx, b)
	}
}
