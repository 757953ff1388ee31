const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * Sets fields of a JSON object in its text, and keeps every other byte: order, spacing, numbers beyond double
 * precision, nesting of any depth.
 * @param text a valid JSON object
 * @param fields their values in the text must not be objects or arrays; absent fields are appended
 */
export function setJsonFields(text: string, fields: Readonly<Record<string, string>>): string {
  const values = new Map<unknown, string>(Object.entries(fields));
  const absent = new Map(values);
  let depth = 0;
  let previous = '';
  let key: unknown;

  const set = text.replace(TOKEN, (token) => {
    const follows = previous;
    previous = token;
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (depth === 1 && follows === ':') {
      const value = values.get(key);
      absent.delete(key);
      return value === undefined ? token : JSON.stringify(value);
    } else if (depth === 1 && token.startsWith('"')) key = JSON.parse(token);
    return token;
  });

  const body = set.slice(0, set.lastIndexOf('}')).trimEnd();
  const appended = [...absent].map(([name, value]) => `,${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return body + appended.join('') + set.slice(body.length);
}
