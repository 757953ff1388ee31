/** The paths of the webhook, as API Gateway writes them. A request to another path or method gets the route `$default`. */
export const LOGOUT_PATHS = ['/logout', '/logout/{session}'] as const;

/** The path parameter that names the session. */
export const SESSION_PARAMETER = 'session';
