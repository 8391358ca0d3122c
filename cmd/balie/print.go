package main

import (
	"encoding/json"
	"fmt"
)

// print shows a result: as JSON if that was asked for, else as text.
func (e *env) print(v any, text string) error {
	if e.json {
		b, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			return fmt.Errorf("encode result: %w", err)
		}
		text = string(b) + "\n"
	}
	if _, err := fmt.Fprint(e.out, text); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}
