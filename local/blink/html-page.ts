import type { Answer } from '../loopback-server.ts';

const STYLE = `
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 24rem; margin: 3rem auto; padding: 0 1rem; }
label, input, button { display: block; font: inherit; width: 100%; box-sizing: border-box; }
input, button { margin: 0.25rem 0 1rem; padding: 0.5rem; }
[role="alert"] { border-left: 0.25rem solid #b00020; padding-left: 0.75rem; }
`;

/** A page without scripts that says whose it is. A browser stores and passes on nothing of its address. */
export function htmlPage(status: number, title: string, main: string): Answer {
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
    },
    body: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – stand-in for Blink</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${main}
</main>
<footer><p>This is the stand-in for Blink on this machine. Do not enter a real password here.</p></footer>
</body>
</html>
`,
  };
}

export function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
