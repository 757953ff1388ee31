/** What `--help` says below the options. */

export const EXAMPLES = `
Examples:
  $ npm run session -- sign-in                        asks for all it needs, and stores the session "default"
  $ npm run session -- sign-in garden --region eu-central-1
  $ npm run session -- import --from tokens.json      blinkpy's file, Homebridge's, or a line of BLINK_TOKENS
  $ npm run session -- list
  $ npm run --silent session -- check --json          for a script: one JSON document
  $ npm run session -- sign-in --local                against "npm start -- --serve": no account needed

Results go to stdout, and all else to stderr. Exit codes: 0 done, 1 not done, 2 not of this form.
AWS credentials and region are found as by the AWS CLI. No password, code or token is taken from the command line
or the environment: a script pipes them in.`;

export const SIGN_IN_HELP = `
Asks for the e-mail address and the password at Blink, and for the code that Blink sends. The password is not stored.
A session that is there already keeps its fields, and is no longer logged out or refused.

A script pipes in one line each, in this order: e-mail address, password, code.`;

export const IMPORT_HELP = `
Takes any of three forms: a line of BLINK_TOKENS, the JSON that blinkpy or Home Assistant saves, and the JSON of a Homebridge
plugin. Says what is found and what is missing. Password, code and access token are left out, and FILE stays as it is.

What is missing can be looked up. That uses the refresh token up, so whatever else used it has to sign in anew. It is asked
before; without a terminal it is done with --yes alone.`;

export const LOGOUT_HELP = `
Does here what the function does: refreshes, stores the new token, and ends the session at Blink.`;

export const KEY_HELP = `
Without an action it says how old the webhook's key is. "show" prints it. "rotate" makes a new one, which
is taken within ten seconds: the one before it is accepted until the next change.`;
