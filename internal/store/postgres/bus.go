package postgres

type bus struct{}

func (b *bus) init(e *Engine) {}
