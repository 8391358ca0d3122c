package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Built is what the build made of web/ui, as it was when this program was built; without a build before, there is nothing in it
// and the pages say what to do.
func Built() fs.FS {
	made, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the name is a constant
	}
	return made
}
