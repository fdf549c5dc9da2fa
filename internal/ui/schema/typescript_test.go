package schema

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

const typesFile = "../web/src/api.ts"

// TestProtocolDocumentAsTypes holds the types that the page is compiled with
// against the OpenRPC document. With USHER_WRITE=1 it writes them; the command
// is that of docs/protocol.md.
func TestProtocolDocumentAsTypes(t *testing.T) {
	doc, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	want := typescript(doc)
	if os.Getenv("USHER_WRITE") != "" {
		if err := os.WriteFile(typesFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(typesFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("internal/ui/web/src/api.ts is stale; run: USHER_WRITE=1 go test ./internal/ui/schema -run TestProtocolDocument")
	}
}

// typescript writes the document's schemas and methods as types.
func typescript(doc *Document) string {
	w := &writer{doc: doc}
	w.line("// Written from internal/ui/schema/openrpc.json by TestProtocolDocumentAsTypes; change that file.\n")
	w.line("/** The version of the API that these types are of. */")
	major, rest, _ := strings.Cut(doc.Info.Version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	w.line("export const api = %q;\n", major+"."+minor)
	for _, name := range slices.Sorted(maps.Keys(doc.Components.Schemas)) {
		s := doc.Components.Schemas[name]
		w.comment("", s.Description)
		w.line("export type %s = %s;\n", name, tsType(s, ""))
	}
	w.line("/** What each method takes and answers. */\nexport interface Methods {")
	for _, m := range doc.Methods {
		w.comment("  ", m.Summary)
		w.line("  %q: {", m.Name)
		w.line("    params: %s;", tsType(m.ParamsObject(), "    "))
		w.line("    result: %s;", tsType(m.Result.Schema, "    "))
		w.line("  };")
	}
	w.line("}")
	return w.String()
}

func (w *writer) comment(indent, text string) {
	if text != "" {
		w.line("%s/** %s */", indent, strings.ReplaceAll(text, "*/", "* /"))
	}
}

// tsType is a schema as a type; indent is that of the line it begins on.
func tsType(s *Schema, indent string) string {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		return name
	}
	switch {
	case len(s.OneOf) > 0:
		forms := []string{}
		for _, o := range s.OneOf {
			forms = append(forms, tsType(o, indent))
		}
		return strings.Join(forms, " | ")
	case s.Const != nil:
		return literal(s.Const)
	case len(s.Enum) > 0:
		words := []string{}
		for _, e := range s.Enum {
			words = append(words, literal(e))
		}
		return strings.Join(words, " | ")
	case len(s.Type) == 0:
		return "unknown"
	}
	switch s.Type[0] {
	case "array":
		return "Array<" + tsType(s.Items, indent) + ">"
	case "object":
		return tsObject(s, indent)
	case "integer":
		return "number"
	}
	return s.Type[0]
}

func tsObject(s *Schema, indent string) string {
	switch {
	case s.Additional != nil && s.Additional.Schema != nil:
		return "Record<string, " + tsType(s.Additional.Schema, indent) + ">"
	case s.Additional != nil && s.Additional.Any:
		return "Record<string, unknown>"
	case len(s.Properties) == 0:
		return "Record<string, never>"
	}
	text := "{\n"
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		optional := "?"
		if slices.Contains(s.Required, name) {
			optional = ""
		}
		text += indent + "  " + name + optional + ": " + tsType(s.Properties[name], indent+"  ") + ";\n"
	}
	return text + indent + "}"
}

func literal(v any) string {
	text, err := json.Marshal(v)
	if err != nil { // it was JSON
		return "never"
	}
	return string(text)
}
