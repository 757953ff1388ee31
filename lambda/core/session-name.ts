import * as v from 'valibot';

export const DEFAULT_SESSION = 'default';

export const sessionNameSchema = v.pipe(
  v.string('must be a string'),
  v.regex(
    /^[a-z0-9][a-z0-9-]{0,62}$/,
    'must be 1 to 63 characters of a-z, 0-9 and -, and begin with a letter or a digit',
  ),
);

/** A session's name, or a pattern such as `tenant-*`, in which `*` stands for any characters. */
export const sessionPatternSchema = v.pipe(v.string(), v.regex(/^[a-z0-9*][a-z0-9*-]{0,62}$/));

/** `*` stands for any characters, also none. */
export function matches(pattern: string): (name: string) => boolean {
  const [start = '', ...parts] = pattern.split('*');
  return (name) => {
    if (parts.length === 0) return name === pattern;
    if (!name.startsWith(start)) return false;
    let rest = name.slice(start.length);
    for (const [index, part] of parts.entries()) {
      const isLast = index === parts.length - 1;
      const at = isLast ? rest.length - part.length : rest.indexOf(part);
      if (at < 0 || !rest.startsWith(part, at)) return false;
      rest = rest.slice(at + part.length);
    }
    return true;
  };
}
