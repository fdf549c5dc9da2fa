package phone

import (
	"net/http"

	"usher/cmd/boxoffice/door"
)

// accountData is the page of the account.
type accountData struct {
	Boxes []door.Box
}

func (p *Phone) showAccount(v *visit) error {
	boxes, err := p.o.Door.Boxes(v.session.household)
	if err != nil {
		return err
	}
	return p.show(v, http.StatusOK, "account", accountData{Boxes: boxes})
}

// removeBox ends a box's account; what it holds is refused from then on.
func (p *Phone) removeBox(v *visit) error {
	if _, err := p.o.Door.Remove(v.session.household, v.r.PostForm.Get("box")); err != nil {
		return err
	}
	v.to("/account")
	return nil
}
