package phone

import (
	"errors"
	"net/http"

	"usher/cmd/boxoffice/till"
	"usher/internal/offer"
)

// walletCode is what the wallet of this service takes for a payment code. It is
// simulated, and says so on its page.
const walletCode = "246810"

// payData is a page of a purchase.
type payData struct {
	Code     string
	What     string // title
	Kind     string
	Price    string // "" where a plan is to be chosen
	Note     string
	Box      string
	Receipt  string
	Over     string // key of a text, of a purchase that ended
	Wrong    string // key of a text
	Vouchers int
	Bill     bool // it may go on the bill
	Owed     string
	Limit    string
	Plans    []planRow
	Method   string // to confirm
	Plan     string
	Hint     string
}

type planRow struct {
	ID, Name, Price   string
	Streams, Vouchers int
}

// showPay is what a scanned code leads to. It is the scan that makes the order.
func (p *Phone) showPay(v *visit) error {
	bought, err := p.o.Till.Scan(v.session.household, v.r.PathValue("code"))
	if err != nil {
		return p.unknown(v, err)
	}
	return p.showPurchase(v, http.StatusOK, bought, "")
}

// unknown shows that a page is not for this household, or never was.
func (p *Phone) unknown(v *visit, err error) error {
	var no *till.Refusal
	if !errors.As(err, &no) {
		return err
	}
	p.fail(v, http.StatusNotFound, "not_yours")
	return nil
}

// showPurchase shows a purchase as it stands.
func (p *Phone) showPurchase(v *visit, status int, bought till.Purchase, wrong string) error {
	data, err := p.payData(v, bought)
	if err != nil {
		return err
	}
	data.Wrong = wrong
	switch {
	case bought.Open():
		return p.show(v, status, "pay", data)
	case bought.State == till.Fulfilled:
		return p.show(v, status, "paid", data)
	}
	data.Over = "over_" + string(bought.State)
	return p.show(v, status, "over", data)
}

func (p *Phone) payData(v *visit, bought till.Purchase) (payData, error) {
	s, err := p.o.Till.Standing(v.session.household)
	if err != nil {
		return payData{}, err
	}
	cash := func(minor int64) string { return money(minor, s.Currency, v.lang) }
	data := payData{
		Code: bought.Code, What: bought.Name.In(v.lang), Kind: bought.Kind, Note: bought.Note().In(v.lang), Box: bought.BoxName,
		Receipt: bought.Receipt, Bill: s.Bills(bought), Owed: cash(s.Owed), Limit: cash(s.Limit),
	}
	if bought.Terms.PriceMin > 0 {
		data.Price = money(bought.Terms.PriceMin, bought.Terms.Currency, v.lang)
	}
	switch bought.Kind {
	case string(offer.Rent):
		data.Vouchers = s.Vouchers
	case string(offer.Subscription):
		data.Plans = plans(s.Currency, v.lang)
	}
	return data, nil
}

func plans(currency, lang string) (rows []planRow) {
	for _, plan := range till.Plans() {
		if minor, ok := plan.Minor[currency]; ok {
			rows = append(rows, planRow{plan.ID, plan.Name.In(lang), money(minor, currency, lang), plan.Streams, plan.Vouchers})
		}
	}
	return rows
}

// pay is each step on the pages of a purchase: choosing how, confirming, or
// saying no.
func (p *Phone) pay(v *visit) error {
	form, code := v.r.PostForm, v.r.PathValue("code")
	switch do := form.Get("do"); do {
	case "decline":
		bought, err := p.o.Till.Decline(v.session.household, code)
		if err != nil {
			return p.unknown(v, err)
		}
		return p.showPurchase(v, http.StatusOK, bought, "")
	case "confirm":
		return p.confirm(v)
	default:
		bought, err := p.o.Till.Scan(v.session.household, code)
		if err != nil {
			return p.unknown(v, err)
		}
		return p.askAgain(v, bought, do, "")
	}
}

// askAgain is the fresh approval of every purchase: a payment code in the
// wallet, the sheet of the phone, or the password for what is not paid now.
func (p *Phone) askAgain(v *visit, bought till.Purchase, method, wrong string) error {
	page := map[string]string{till.ByWallet: "wallet", till.BySheet: "sheet", till.ByBill: "confirm", till.ByVoucher: "confirm"}[method]
	if page == "" || !bought.Open() {
		return p.showPurchase(v, http.StatusOK, bought, "")
	}
	data, err := p.payData(v, bought)
	if err != nil {
		return err
	}
	data.Method, data.Plan, data.Wrong, data.Hint = method, v.r.PostForm.Get("plan"), wrong, walletCode
	if plan, ok := till.PlanOf(data.Plan); ok {
		s, err := p.o.Till.Standing(v.session.household)
		if err != nil {
			return err
		}
		data.Price = money(plan.Minor[s.Currency], s.Currency, v.lang)
	}
	return p.show(v, http.StatusOK, page, data)
}

// confirm pays, if the person showed that it is them.
func (p *Phone) confirm(v *visit) error {
	form, code := v.r.PostForm, v.r.PathValue("code")
	method := form.Get("method")
	wrong, err := p.approved(v, method)
	if err != nil {
		return err
	}
	if wrong != "" {
		bought, err := p.o.Till.Scan(v.session.household, code)
		if err != nil {
			return p.unknown(v, err)
		}
		return p.askAgain(v, bought, method, wrong)
	}
	bought, err := p.o.Till.Pay(v.session.household, code, method, form.Get("plan"))
	var no *till.Refusal
	if errors.As(err, &no) && no.Code != till.CodeUnknown {
		return p.showPurchase(v, http.StatusConflict, bought, "not_that_way")
	}
	if err != nil {
		return p.unknown(v, err)
	}
	return p.showPurchase(v, http.StatusOK, bought, "")
}

// approved says what is wrong with an approval, as the key of a text.
func (p *Phone) approved(v *visit, method string) (wrong string, err error) {
	if method == till.BySheet {
		return "", nil // the phone itself asked for a face or a finger
	}
	if p.guessed(v, v.session.name) {
		return "too_often", nil
	}
	ok := v.r.PostForm.Get("secret") == walletCode
	wrong = "wrong_code_wallet"
	if method != till.ByWallet {
		wrong = "wrong_password"
		if _, ok, err = p.o.Households.SignIn(v.session.name, v.r.PostForm.Get("secret")); err != nil {
			return "", err
		}
	}
	if ok {
		return "", nil
	}
	p.wrong(v, v.session.name)
	return wrong, nil
}
