package phone

import (
	"strconv"
	"strings"
)

// money is an amount as people of a language write it. minor is in hundredths,
// which all currencies of the service have (ISO 4217).
func money(minor int64, currency, lang string) string {
	symbol, ok := map[string]string{
		"EUR": "€", "USD": "$", "GBP": "£", "CNY": "¥", "THB": "฿", "IDR": "Rp", "HKD": "HK$", "SGD": "S$", "MYR": "RM", "CHF": "CHF\u00a0",
	}[currency]
	if !ok {
		symbol = currency + "\u00a0"
	}
	point, group := ".", ","
	if lang == "de" || lang == "id" {
		point, group = ",", "."
	}
	number := grouped(strconv.FormatInt(minor/100, 10), group)
	if cents := minor % 100; cents != 0 || currency != "IDR" {
		number += point + strconv.FormatInt(100+cents, 10)[1:]
	}
	if lang == "de" {
		return number + "\u00a0" + strings.TrimSpace(symbol)
	}
	return symbol + number
}

// grouped puts a sign between thousands.
func grouped(digits, sign string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + sign + digits[i:]
	}
	return digits
}
