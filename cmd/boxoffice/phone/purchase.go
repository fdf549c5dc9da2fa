package phone

import "usher/cmd/boxoffice/till"

// what is bought, and for how much.
func (d payData) what(s shown) markup {
	return fill("<p><strong>%s</strong> · %s</p>\n", d.What, s.say("kind_"+d.Kind)) +
		when(d.Price != "", fill(`<p class="price">%s</p>`, d.Price))
}

// choose is the page with the ways to pay.
func (d payData) choose(s shown) markup {
	fields := []markup{s.token()}
	for i, plan := range d.Plans {
		fields = append(fields, fill(`<label class="plan"><input type="radio" name="plan" value="%s"%s> %s · %s<small>%s</small></label>
`, plan.ID, when(i == 0, " checked"), plan.Name, plan.Price, s.say("plan_has", plan.Streams, plan.Vouchers)))
	}
	fields = append(fields, s.do("decline", s.say("decline")), s.do("wallet", s.say("by_wallet")), s.do("sheet", s.say("by_sheet")),
		when(d.Bill, s.do("bill", s.say("by_bill", d.Owed, d.Limit))),
		when(d.Vouchers > 0, s.do("voucher", s.say("by_voucher", d.Vouchers))))
	return s.wrong(d.Wrong) + d.what(s) + when(d.Box != "", fill("<p>%s</p>", s.say("for_box", d.Box))) +
		fill("<p class=\"note\">%s</p>\n", d.Note) + payForm(d.Code, "ways", fields...)
}

// approve is what all pages to approve on carry on.
func (d payData) approve(s shown) markup {
	return s.token() + hidden("method", d.Method) + hidden("plan", d.Plan)
}

// yesOrNo are the buttons of such a page.
func yesOrNo(s shown, yes string) markup {
	return fill(`<div class="choice">%s%s</div>`, s.do("decline", s.say("decline")), s.do("confirm", s.say(yes)))
}

func (d payData) wallet(s shown) markup {
	secret := fill(`<label>%s <input class="code" name="secret" inputmode="numeric" autocomplete="off" maxlength="6"></label>`, s.say("wallet_code"))
	return s.wrong(d.Wrong) + d.what(s) + payForm(d.Code, "", d.approve(s), secret, yesOrNo(s, "pay")) +
		fill(`<p class="note">%s</p>`, s.say("wallet_note", d.Hint))
}

func (d payData) sheet(s shown) markup {
	return fill(`<section class="sheet">
%s<p>•••• 4242</p>
%s</section>
<p class="note">%s</p>`, d.what(s), payForm(d.Code, "", d.approve(s), yesOrNo(s, "sheet_pay")), s.say("sheet_note"))
}

// confirm is the page for what is not paid now.
func (d payData) confirm(s shown) markup {
	how := s.say("voucher_used")
	if d.Method == till.ByBill {
		how = s.say("bill_later", d.Owed, d.Limit)
	}
	secret := fill(`<label>%s <input name="secret" type="password" autocomplete="current-password" maxlength="200"></label>`, s.say("password"))
	return s.wrong(d.Wrong) + d.what(s) + fill("<p>%s</p>", how) + payForm(d.Code, "", d.approve(s), secret, yesOrNo(s, "approve"))
}

func (d payData) paid(s shown) markup {
	done := "paid_phone"
	if d.Box != "" {
		done = "paid_box"
	}
	return fill(`<p class="good">%s</p>`, s.say(done)) + d.what(s) + fill(`<p class="note">%s</p>`, s.say("receipt", d.Receipt)) + s.toAccount()
}

// over is the page of a purchase that came to nothing.
func over(key string) func(shown) markup {
	return func(s shown) markup { return fill("<p>%s</p>", s.say(key)) + s.toAccount() }
}
