package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// languages are the ones every text exists in. A new one is a file in web/ui/i18n and a word here.
var languages = []string{"nl", "en"}

// texts are one language's texts by key. A value is a string, or an object of plural forms.
type texts map[string]json.RawMessage

// textsPlugin serves `import texts from 'i18n:chat'`: the texts of one face in all languages, so that the chat does not
// carry the desk's. A face's keys begin with its name and a dot.
func textsPlugin(ui string) api.Plugin {
	return api.Plugin{Name: "i18n", Setup: func(b api.PluginBuild) {
		b.OnResolve(api.OnResolveOptions{Filter: `^i18n:`}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
			return api.OnResolveResult{Path: strings.TrimPrefix(a.Path, "i18n:"), Namespace: "i18n"}, nil
		})
		b.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: "i18n"}, func(a api.OnLoadArgs) (api.OnLoadResult, error) {
			data, err := faceTexts(ui, a.Path)
			if err != nil {
				return api.OnLoadResult{}, err
			}
			source := string(data)
			return api.OnLoadResult{Contents: &source, Loader: api.LoaderJSON}, nil
		})
	}}
}

// faceTexts returns {"nl":{…},"en":{…}} with the texts of one face, keys without the face's name.
func faceTexts(ui, face string) ([]byte, error) {
	out := make(map[string]texts, len(languages))
	for _, lang := range languages {
		all, err := readTexts(ui, lang)
		if err != nil {
			return nil, err
		}
		mine := texts{}
		for key, text := range all {
			if rest, ok := strings.CutPrefix(key, face+"."); ok {
				mine[rest] = text
			}
		}
		if len(mine) == 0 {
			return nil, fmt.Errorf("face %q has no texts in %s.json", face, lang)
		}
		out[lang] = mine
	}
	data, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("encode texts of %s: %w", face, err)
	}
	return data, nil
}

func readTexts(ui, lang string) (texts, error) {
	data, err := os.ReadFile(filepath.Join(ui, "i18n", lang+".json"))
	if err != nil {
		return nil, fmt.Errorf("read texts: %w", err)
	}
	var t texts
	if err := json.Unmarshal(data, &t); err != nil {
		return nil, fmt.Errorf("read texts of %s: %w", lang, err)
	}
	return t, nil
}
