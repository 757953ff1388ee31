// The fleet, for templates.
