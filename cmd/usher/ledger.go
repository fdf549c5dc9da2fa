package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"usher/internal/box"
	"usher/internal/rights"
)

const ledgerDetail = `Without a word: what was paid and refunded, the oldest first.
verify   reckons the chain of hashes anew, on this machine: a line that was changed, left out or put
         in shows (exit 1). Compare the last hash with one that you noted before: so it shows as
         well that the end was cut off.`

func purchases(ctx context.Context, a *app, _ []string) error {
	var answer struct{ Purchases []box.SaleView }
	return a.list(ctx, "purchases.list", nil, &answer, func(w io.Writer) {
		fmt.Fprintln(w, "WHEN\tTITLE\tKIND\tPRICE\tSTATE\tRECEIPT")
		for _, p := range answer.Purchases {
			when := time.UnixMilli(p.BegunMS).Format("2006-01-02 15:04")
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", when, p.Name.In(a.lang), p.Kind, money(p.PriceMinor, p.Currency), p.State, p.Receipt)
		}
	})
}

// money is an amount in the minor unit of a currency (ISO 4217). Of the
// currencies without one only those are known that the services have.
func money(minor int64, currency string) string {
	if currency == "" {
		return ""
	}
	if strings.Contains("JPY KRW VND CLP", currency) {
		return fmt.Sprintf("%d %s", minor, currency)
	}
	sign := ""
	if minor < 0 {
		sign, minor = "-", -minor
	}
	return fmt.Sprintf("%s%d.%02d %s", sign, minor/100, minor%100, currency)
}

func ledger(ctx context.Context, a *app, words []string) error {
	if len(words) == 1 && words[0] != "verify" {
		return usage(fmt.Sprintf("ledger can do nothing called %q.", words[0]), "See: usher help ledger")
	}
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	var answer struct{ Entries []rights.Entry }
	if err := local(c.call(ctx, "ledger.get", nil, &answer)); err != nil {
		return err
	}
	if len(words) == 1 {
		return a.verify(answer.Entries)
	}
	if a.opt.json {
		return a.print(map[string]any{"entries": answer.Entries})
	}
	for _, e := range answer.Entries {
		fmt.Fprintf(a.out, "%4d  %s  %-8s  %10s  %s:%s  %s  %.12s\n", e.Seq, e.At.Local().Format("2006-01-02 15:04"), e.Kind, money(e.Amount, e.Currency), e.Service, e.TitleID, e.Receipt, e.Hash)
	}
	return nil
}

// verify reckons the chain anew.
func (a *app) verify(entries []rights.Entry) error {
	if err := rights.VerifyLedger(entries); err != nil {
		return &failure{code: exitFailed, key: "ledger_changed", text: strings.ToUpper(err.Error()[:1]) + err.Error()[1:] + ".", hint: "Compare it with the receipts of the service: usher purchases"}
	}
	last := ""
	if n := len(entries); n > 0 {
		last = entries[n-1].Hash
	}
	if a.opt.json {
		return a.print(map[string]any{"whole": true, "entries": len(entries), "last": last})
	}
	fmt.Fprintf(a.out, "The ledger holds together: %d entries. Last hash: %s\n", len(entries), last)
	return nil
}
