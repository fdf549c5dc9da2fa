package office

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"usher/internal/offer"
)

// people are those in front of the camera, then those behind it.
func (r *record) people() (all []offer.Person) {
	for _, name := range r.Cast {
		all = append(all, offer.Person{Name: name, Role: "actor"})
	}
	if r.extra.Director != "" {
		all = append(all, offer.Person{Name: r.extra.Director, Role: "director"})
	}
	if r.extra.Writer != "" {
		all = append(all, offer.Person{Name: r.extra.Writer, Role: "writer"})
	}
	return all
}

// ai is the label of a title with generated performers, or nil. China wants it
// shown (GB 45438), and so does the European Union (AI Act, article 50).
func (r *record) ai() *offer.AI {
	if len(r.AINote) == 0 {
		return nil
	}
	return &offer.AI{Kind: r.extra.Generated, Required: []string{"CN", "DE", "AT", "IE"}}
}

// eidr is an invented identifier in the form of EIDR: twenty hexadecimal digits
// in groups, and a check character.
func (r *record) eidr() string {
	if r.Kind == offer.Live {
		return ""
	}
	sum := sha256.Sum256([]byte("boxoffice title " + r.ID))
	digits := strings.ToUpper(fmt.Sprintf("%x", sum[:10]))
	id := "10.5240/"
	for i := 0; i < len(digits); i += 4 {
		id += digits[i:i+4] + "-"
	}
	return id + string(checkCharacter(digits))
}

// checkCharacter is ISO 7064 MOD 37,36 over digits and capital letters.
func checkCharacter(digits string) byte {
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	rest := 36
	for i := range len(digits) {
		rest = (rest + strings.IndexByte(alphabet, digits[i])) % 36
		if rest == 0 {
			rest = 36
		}
		rest = rest * 2 % 37
	}
	return alphabet[(37-rest)%36]
}
