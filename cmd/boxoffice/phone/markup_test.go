package phone

import (
	"strings"
	"testing"

	"usher/cmd/boxoffice/door"
)

// Whatever text a page is given, it stays text.
func TestTextStaysText(t *testing.T) {
	all, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	const evil = `"><script>'&%s`
	buy := payData{
		Code: evil, What: evil, Kind: "rent", Price: evil, Note: evil, Box: evil, Receipt: evil, Wrong: "too_often", Vouchers: 2, Bill: true,
		Owed: evil, Limit: evil, Method: "bill", Plan: evil, Hint: evil, Plans: []planRow{{evil, evil, evil, 1, 2}},
	}
	account := accountData{
		Boxes: []door.Box{{ID: evil, Name: evil}}, Plan: evil, PlanEnds: evil, Vouchers: 2, Owed: evil, Limit: evil, Offline: true,
		Purchases: []purchaseRow{{evil, evil, evil, evil, "state_fulfilled_wallet", evil, true}},
	}
	for page, body := range map[string]func(shown) markup{
		"signin": signInData{evil, evil, "too_often", Login{evil, evil}}.page, "activate": codeData{evil, "wrong_code"}.page,
		"allow": allowData{door.Asking{Code: evil, Name: evil}, 3}.page, "account": account.page, "plans": plansPage(buy.Plans),
		"pay": buy.choose, "wallet": buy.wallet, "sheet": buy.sheet, "confirm": buy.confirm, "paid": buy.paid,
	} {
		s := shown{Service: evil, Lang: "en", Page: page, Token: evil, Person: evil, words: all}
		got := string(s.frame(body(s)))
		if strings.Contains(got, "<script>") || strings.Contains(got, `"">`) || strings.Contains(got, "%!") {
			t.Errorf("%s: %s", page, got)
		}
		if n := strings.Count(got, "&#34;&gt;&lt;script&gt;&#39;&amp;%s"); n < 3 {
			t.Errorf("%s: the text is there %d times: %s", page, n, got)
		}
	}
}
