// Package phone is what people see of the reference service on their phones:
// signing in, letting a box in, and the account.
//
// It guarantees:
//   - a box is let in only by a signed-in person who was shown its code, its
//     name and whether it is near, on a page where turning it away is as easy
//     (RFC 10027); an address with a code in it decides nothing by itself;
//   - no form of another site does anything: cookies are SameSite, requests
//     that come from elsewhere are refused, and forms carry a token of the
//     session;
//   - pages have no script, load nothing from elsewhere, and cannot be framed;
//   - codes and passwords can be guessed a few times only.
//
// Pages are in five languages, by Accept-Language. Sessions are in memory, so a
// restart signs phones out. The package starts no goroutine; signing in takes
// some tenths of a second. No code, password or cookie is logged.
package phone
