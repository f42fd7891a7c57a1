// Package templates holds the files that inshore writes or serves: the error
// pages of the router. They are embedded in the binary; nothing is read from
// disk at run time.
//
//	err := templates.Render(w, templates.Development, templates.Page{Code: "H10"})
package templates
