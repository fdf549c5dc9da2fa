package catalog

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// counter is a service that sells one film; what it answers about purchases is
// up to the test.
type counter struct {
	answer string
	status int
	asked  []string
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	switch {
	case strings.HasSuffix(r.URL.Path, "usher-service"):
		fmt.Fprint(w, `{"version":"1","name":"Counter","country":"DE","endpoints":{"catalogue":"/c","titles":"/t","playback":"/p","purchases":"/buy","account":"/account","viewers":"/viewers"}}`)
	case r.URL.Path == "/c":
		fmt.Fprint(w, `{"revision":"1","rails":[],"titles":[{"id":"heron","kind":"film","name":{"en":"Heron"}}]}`)
	default:
		body, _ := io.ReadAll(r.Body)
		c.asked = append(c.asked, r.Method+" "+r.URL.Path+" "+string(body))
		if c.status >= 400 {
			w.Header().Set("Content-Type", "application/problem+json")
		}
		w.WriteHeader(c.status)
		fmt.Fprint(w, c.answer)
	}
}

const aSale = `{"id":"0123456789abcdef","titleId":"heron","kind":"rent","state":"created","terms":{"kind":"rent","priceMinor":399,"currency":"EUR","billing":"post-paid"},
	"note":{"en":"48 h"},"uri":%q,"begun":"2026-11-21T20:15:00Z","expires":"2026-11-21T20:30:00Z","intervalMs":%d}`

func buying(t *testing.T, c *counter) *Client {
	client := newClient(to(c), Options{})
	running(t, client)
	if _, err := client.Catalogue(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	return client
}

func TestASaleIsHeldAgainstTheContract(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &counter{status: http.StatusCreated, answer: fmt.Sprintf(aSale, "/pay/x", 1)}
		c := buying(t, s)
		sale, err := c.Buy(t.Context(), "0123456789abcdef", "demo:heron", "rent")
		if err != nil || sale.URI != "http://service.test/pay/x" || sale.Interval.Duration() != 500*time.Millisecond || sale.Terms.PriceMin != 399 {
			t.Errorf("%+v, %v", sale, err)
		}
		if want := `POST /buy {"id":"0123456789abcdef","titleId":"heron","kind":"rent"}`; s.asked[0] != want {
			t.Errorf("asked %s", s.asked[0])
		}
		s.status = http.StatusOK
		if _, err := c.Sale(t.Context(), "demo", "0123456789abcdef"); err != nil || !strings.HasPrefix(s.asked[1], "GET /buy/0123456789abcdef") {
			t.Errorf("%v, %s", err, s.asked[1])
		}
		if _, err := c.CancelSale(t.Context(), "demo", "0123456789abcdef"); err != nil || !strings.HasPrefix(s.asked[2], "DELETE /buy/") {
			t.Errorf("%v, %s", err, s.asked[2])
		}
		for name, bad := range map[string]string{
			"another host in the clear": fmt.Sprintf(aSale, "http://evil.example/pay", 2000), "no page": fmt.Sprintf(aSale, "", 2000),
			"a script": fmt.Sprintf(aSale, "javascript:alert(1)", 2000), "long": fmt.Sprintf(aSale, "https://pay.example/"+strings.Repeat("x", 600), 2000),
			"below nothing": strings.Replace(fmt.Sprintf(aSale, "/pay/x", 2000), "399", "-399", 1), "nothing": "{}", "no JSON": "<html>",
		} {
			s.answer = bad
			if _, err := c.Sale(t.Context(), "demo", "x"); codeOf(err) != codeGarbage {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := c.Buy(t.Context(), "0123456789abcdef", "demo:none", "rent"); codeOf(err) != codeNotFound {
			t.Errorf("a title that is not there: %v", err)
		}
	})
}

func TestWhatAServiceRefusesKeepsItsCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &counter{status: http.StatusConflict, answer: `{"type":"/problems/already_yours","title":"x","status":409,"detail":"You have it.","code":"already_yours","hint":"Play it."}`}
		c := buying(t, s)
		if _, err := c.Buy(t.Context(), "0123456789abcdef", "demo:heron", "buy"); codeOf(err) != "already_yours" {
			t.Error(err)
		}
		plain := newClient(to(house(t, true, true)), Options{})
		running(t, plain)
		if _, err := plain.Sale(t.Context(), "nobody", "x"); codeOf(err) != codeNotFound {
			t.Error(err)
		}
	})
}

func TestBalanceAndLists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &counter{status: http.StatusOK, answer: `{"household":"h1","currency":"EUR","owedMinor":399,"limitMinor":2000,"vouchers":1,"plan":{"id":"month","name":{"en":"A month"},"streams":2}}`}
		c := buying(t, s)
		if b, err := c.Balance(t.Context(), "demo"); err != nil || b.Household != "h1" || b.Currency != "EUR" || b.Owed != 399 || b.Limit != 2000 || b.Vouchers != 1 || b.Plan.Name["en"] != "A month" {
			t.Errorf("%+v, %v", b, err)
		}
		s.answer = `{"household":"` + strings.Repeat("h", 300) + `"}`
		if b, err := c.Balance(t.Context(), "demo"); err == nil {
			t.Errorf("a household of 300 letters: %+v", b)
		}
		s.asked = s.asked[1:]
		s.answer = `{"positions":[{"titleId":"heron","positionMs":5,"at":"2026-11-21T20:15:00Z"}],"watchlist":[{"titleId":"swan","off":true,"at":"2026-11-21T20:15:00Z"}]}`
		at := time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
		all, err := c.MergeLists(t.Context(), "demo", "viewer0123456789", Lists{Positions: []Position{{TitleID: "heron", PositionMS: 1, At: at}}})
		if err != nil || len(all.Positions) != 1 || all.Positions[0].PositionMS != 5 || len(all.Watchlist) != 1 || !all.Watchlist[0].Off || !strings.HasPrefix(s.asked[1], `PUT /viewers/viewer0123456789 {"positions":[{"titleId":"heron"`) {
			t.Errorf("%+v, %v, %s", all, err, s.asked[1])
		}
		s.status, s.answer = http.StatusNoContent, ""
		if err := c.Report(t.Context(), "demo", "viewer0123456789", "batch", Consent{Given: at, Version: "1"}, []Sum{{TitleID: "heron", Starts: 1}}); err != nil {
			t.Error(err)
		}
		if err := c.Withdraw(t.Context(), "demo", "viewer0123456789"); err != nil || !strings.HasPrefix(s.asked[3], "DELETE /viewers/viewer0123456789/events") {
			t.Errorf("%v, %q", err, s.asked)
		}
		if err := c.ForgetViewer(t.Context(), "demo", "viewer0123456789"); err != nil || strings.TrimSpace(s.asked[4]) != "DELETE /viewers/viewer0123456789" {
			t.Errorf("%v, %q", err, s.asked)
		}
	})
}

func TestAServiceThatSellsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := looking(t, &shelf{}, child)
		_, err1 := c.Buy(t.Context(), "0123456789abcdef", "demo:lamb", "rent")
		_, err2 := c.Balance(t.Context(), "demo")
		_, err3 := c.MergeLists(t.Context(), "demo", "v", Lists{})
		if codeOf(err1) != "not_for_sale" || codeOf(err2) != "not_for_sale" || codeOf(err3) != codeNotFound {
			t.Errorf("%v, %v, %v", err1, err2, err3)
		}
		if _, err := c.Buy(t.Context(), "0123456789abcdef", "demo:wolf", "rent"); codeOf(err) != codeNotFound {
			t.Errorf("a child buys what it may not see: %v", err)
		}
	})
}
