package phone

import (
	"strings"
	"testing"
)

func TestMoney(t *testing.T) {
	for _, tc := range []struct {
		minor          int64
		currency, lang string
		want           string
	}{
		{399, "EUR", "en", "€3.99"},
		{399, "EUR", "de", "3,99 €"},
		{123456789, "EUR", "de", "1.234.567,89 €"},
		{5, "USD", "zh-Hans", "$0.05"},
		{2900000, "IDR", "id", "Rp29.000"},
		{7900, "THB", "th", "฿79.00"},
		{450, "CHF", "en", "CHF 4.50"},
		{450, "CHF", "de", "4,50 CHF"},
		{100, "XXX", "en", "XXX 1.00"},
	} {
		if got := strings.ReplaceAll(money(tc.minor, tc.currency, tc.lang), "\u00a0", " "); got != tc.want {
			t.Errorf("%d %s in %s: %q, want %q", tc.minor, tc.currency, tc.lang, got, tc.want)
		}
	}
}
