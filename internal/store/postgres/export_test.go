package postgres

import "context"

// Setting shows what one of the engine's connections works under.
func (e *Engine) Setting(ctx context.Context, name string) (v string) {
	if err := e.pool.QueryRow(ctx, "SELECT current_setting($1)", name).Scan(&v); err != nil {
		return err.Error()
	}
	return v
}
