// Package phone is what people see of the reference service on their phones:
// signing in, letting a box in, paying, and the account.
//
// It guarantees:
//   - a box is let in only by a signed-in person who was shown its code, its
//     name and whether it is near, on a page where turning it away is as easy
//     (RFC 10027); an address with a code in it decides nothing by itself;
//   - nothing is paid but by a person who was shown what, how much and on which
//     terms, and who approved it there and then, for each purchase anew;
//   - no form of another site does anything: cookies are SameSite, requests
//     that come from elsewhere are refused, and forms carry a token of the
//     session;
//   - pages have no script, load nothing from elsewhere, and cannot be framed;
//   - codes and passwords can be guessed a few times only.
//
// The two providers of payments, a wallet and the sheet of a phone, are
// simulated, and say so.
//
// Pages are in five languages, by Accept-Language. Sessions are in memory, so a
// restart signs phones out. The package starts no goroutine; signing in takes
// some tenths of a second. No code, password or cookie is logged.
package phone
