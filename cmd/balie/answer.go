package main

import (
	"encoding/json"
	"net/http"

	"balie/internal/fault"
)

// statusOf is the HTTP status of each kind of fault, on the routes of this package.
var statusOf = map[fault.Kind]int{
	fault.Invalid: http.StatusBadRequest, fault.TooLong: http.StatusRequestEntityTooLarge, fault.RateLimited: http.StatusTooManyRequests,
	fault.IDConflict: http.StatusConflict, fault.NotFound: http.StatusNotFound, fault.Unauthorized: http.StatusUnauthorized,
	fault.Forbidden: http.StatusForbidden, fault.Conflict: http.StatusConflict, fault.Gone: http.StatusGone,
	fault.Unavailable: http.StatusServiceUnavailable,
}

// answer makes a handler of a function that returns what is to be sent as JSON; an error becomes a problem document.
func answer(f func(r *http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := f(r)
		status, kind := http.StatusOK, "application/json"
		if err != nil {
			k := fault.KindOf(err)
			kind = "application/problem+json"
			if status = statusOf[k]; status == 0 {
				status = http.StatusInternalServerError
			}
			v = map[string]any{"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": fault.Text(err), "code": string(k)}
		}
		b, err := json.Marshal(v)
		if err != nil {
			http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		w.Write(append(b, '\n'))
	})
}
