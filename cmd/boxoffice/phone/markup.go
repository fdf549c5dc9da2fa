package phone

import (
	"fmt"
	"html"
	"net/url"
)

// markup is HTML. Text gets into it through fill only.
//
// html/template is not used: it calls methods by their names, so that the
// linker keeps every exported method of every package, which makes the daemon,
// whose demo has this service in it, 2 MB larger.
type markup string

// form is markup with a %s in each place for a value. Its type keeps out all
// strings but constants of this program.
type form string

// fill puts values into a form: markup as it is, and everything else escaped,
// so that it is text between tags and in attributes with quotes.
func fill(f form, values ...any) markup {
	safe := make([]any, len(values))
	for i, v := range values {
		if m, ok := v.(markup); ok {
			safe[i] = m
		} else {
			safe[i] = html.EscapeString(fmt.Sprint(v))
		}
	}
	return markup(fmt.Sprintf(string(f), safe...))
}

// when is m where it belongs on the page.
func when(is bool, m markup) markup {
	if is {
		return m
	}
	return ""
}

// frame is what all pages have around what they show.
func (s shown) frame(body markup) markup {
	title := s.say(s.Page + "_title")
	return fill(`<!doctype html>
<html lang="%s">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>%s · %s</title>
<link rel="stylesheet" href="/phone.css">
</head>
<body>
<header><a href="/account">%s</a>
%s</header>
<main>
<h1>%s</h1>
%s
</main>
</body>
</html>`, s.Lang, title, s.Service, s.Service, when(s.Person != "", s.signOut()), title, body)
}

func (s shown) signOut() markup {
	return fill(`<form method="post" action="/signout">%s<span>%s</span> <button class="quiet">%s</button></form>
`, s.token(), s.Person, s.say("sign_out"))
}

// token goes into every form of somebody who is signed in.
func (s shown) token() markup { return hidden("token", s.Token) }

func hidden(name, value string) markup {
	return fill(`<input type="hidden" name="%s" value="%s">`, name, value)
}

// wrong says what was wrong with the form before, by the key of its text.
func (s shown) wrong(key string) markup {
	if key == "" {
		return ""
	}
	return fill(`<p class="bad" role="alert">%s</p>`, s.say(key))
}

// do is a button that says what to do with its form.
func (s shown) do(what, text string) markup {
	return fill(`<button name="do" value="%s">%s</button>
`, what, text)
}

func (s shown) toAccount() markup {
	return fill(`<p><a href="/account">%s</a></p>`, s.say("to_account"))
}

// sentence is a page of a few words and a way on.
func sentence(class, key string) func(shown) markup {
	return func(s shown) markup { return fill(`<p class="%s">%s</p>`, class, s.say(key)) + s.toAccount() }
}

// payForm is a form on the page of a purchase.
func payForm(code, class string, fields ...markup) markup {
	return fill(`<form method="post" action="%s"%s>
%s</form>
`, PathPay+url.PathEscape(code), when(class != "", fill(` class="%s"`, class)), join(fields))
}

func join(all []markup) (one markup) {
	for _, m := range all {
		one += m
	}
	return one
}
